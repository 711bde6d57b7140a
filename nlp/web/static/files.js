// The files that were chosen or dropped, with their paths inside the folders they came in.

/** The files of a file input as `{file, path}`; a chosen folder's have their path in it. */
export function filesOfInput(input) {
  return [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/** The files that were dropped, those in dropped folders too. */
export async function filesOfDrop(transfer) {
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry());
  const found = [];
  for (const entry of entries) if (entry !== null) await collect(entry, "", found);
  return found;
}

async function collect(entry, folder, found) {
  const path = `${folder}${entry.name}`;
  if (entry.isFile) {
    found.push({ file: await new Promise((resolve, reject) => entry.file(resolve, reject)), path });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return; // a folder is read in portions, the last one is empty
    for (const one of some) await collect(one, `${path}/`, found);
  }
}

/** Whether a file is of a form that is read; hidden files are not. */
export function isReadable(path, suffixes) {
  const name = path.split("/").at(-1).toLowerCase();
  return !name.startsWith(".") && !name.startsWith("~$") && suffixes.some((suffix) => name.endsWith(suffix));
}
