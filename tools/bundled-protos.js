"use strict";
/**
 * Replaces @grpc/proto-loader in bundles (tools/bundle.js). etcd3 reads its .proto files from its installation folder,
 * which a bundle does not have. So the bundle contains the files as texts.
 */
// Imported by path: its name leads to this file.
const { fromJSON } = require("../node_modules/@grpc/proto-loader/build/src/index.js");
const { Root, parse } = require("protobufjs");

const texts = [require("etcd3/proto/kv.proto"), require("etcd3/proto/auth.proto"), require("etcd3/proto/rpc.proto")];

/** Loads the one file that etcd3 requests, like proto-loader's function. */
function loadSync(file, options) {
  if (!/[/\\]rpc\.proto$/.test(file)) throw new Error(`${file} is not in the bundle; allowed: rpc.proto of etcd3`);
  const root = new Root();
  for (const text of texts) parse(text, root, options);
  return fromJSON(root.toJSON(), options);
}

module.exports = { loadSync };
