"use strict";
/**
 * Takes the place of @grpc/proto-loader in bundles (tools/bundle.js). etcd3 reads its .proto files from the folder that it
 * was installed in; a bundle has no such folder, so the files are in the bundle as texts.
 */
// By its path: its name leads here.
const { fromJSON } = require("../node_modules/@grpc/proto-loader/build/src/index.js");
const { Root, parse } = require("protobufjs");

const texts = [require("etcd3/proto/kv.proto"), require("etcd3/proto/auth.proto"), require("etcd3/proto/rpc.proto")];

/** As proto-loader's function, for the one file that etcd3 asks for. */
function loadSync(file, options) {
  if (!/[/\\]rpc\.proto$/.test(file)) throw new Error(`${file} is not in the bundle; there is: rpc.proto of etcd3`);
  const root = new Root();
  for (const text of texts) parse(text, root, options);
  return fromJSON(root.toJSON(), options);
}

module.exports = { loadSync };
