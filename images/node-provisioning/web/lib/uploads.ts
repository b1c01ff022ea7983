/// <reference lib="dom" />
/** Upload of artifacts: the button, and the progress of each file. */
import { h, type Child, type Wanted } from "@inaetics/web";
import type { Page } from "./cards";
import type { Upload } from "./store";

/** Button that opens the file picker. It is a label of the file input, which opens the picker without a script. */
export function uploadButton({ actions }: Page): Wanted {
  return h(
    "label",
    { class: "add button" },
    "Upload",
    h("input", {
      id: "file",
      type: "file",
      class: "unseen",
      multiple: true,
      accept: ".jar,.zip",
      "aria-label": "Upload bundles: .jar for Felix, .zip for Celix",
      onchange: (event: Event) => {
        const input = event.target as HTMLInputElement;
        void actions.upload([...(input.files ?? [])]);
        // Makes the same file a change when chosen again.
        input.value = "";
      },
    }),
  );
}

export function uploadList(page: Page): readonly Child[] {
  const { view } = page;
  const newest = [...view.uploads].reverse();
  // Refused uploads come first, so that finished ones do not push them out of sight before they are read.
  const uploads = [
    ...newest.filter((each) => each.state === "refused"),
    ...newest.filter((each) => each.state !== "refused"),
  ];
  return [
    view.dragged === "files" && h("p", { key: "invitation", class: "invitation" }, "Drop bundles here"),
    uploads.length > 0 &&
      h("ul", { key: "uploads", class: "uploads", "aria-label": "Uploads" }, ...uploads.map((each) => row(page, each))),
  ];
}

function row({ actions }: Page, upload: Upload): Wanted {
  const percent = Math.round(upload.done * 100);
  return h(
    "li",
    { key: String(upload.id), class: `upload ${upload.state}`, role: upload.state === "refused" ? "alert" : undefined },
    h("b", {}, upload.file),
    upload.state === "sending" && h("progress", { value: percent, max: 100, "aria-label": `upload of ${upload.file}` }),
    upload.state === "sending" && h("span", {}, percent < 100 ? `${percent} %` : "the server checks it"),
    upload.state !== "sending" && h("span", {}, upload.words),
    upload.state !== "sending" &&
      h(
        "button",
        { type: "button", "aria-label": `Dismiss ${upload.file}`, onclick: () => actions.dismissUpload(upload.id) },
        "×",
      ),
  );
}
