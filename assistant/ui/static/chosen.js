// Choosing documents: what is dropped or picked, with the folders in it, and what of that cannot be sent and why.
(() => {
  "use strict";
  const { make, button } = page;
  const MEGABYTE = 1_000_000;
  const zone = make("section", "drop-zone");
  const looking = make("p", "looking");
  let told = null;
  let isStopped = false;

  // --- what can be sent

  const isHidden = (part) => part.startsWith(".") || part === "Thumbs.db" || part === "desktop.ini";
  // As the server calls it: a path without what leads elsewhere, and with what browsers make of quotation marks and line ends.
  const ESCAPED = { '"': "%22", "\r": "%0D", "\n": "%0A" };
  const nameOf = (path) => path.replaceAll("\\", "/").split("/").filter((part) => part && part !== "." && part !== "..").join("/")
    .replace(/["\r\n]/g, (sign) => ESCAPED[sign]);

  const refusal = (file, name) => {
    const suffix = /\.[^./]+$/.exec(name)?.[0].toLowerCase();
    if (!suffix) return "A file without an ending, such as .txt or .pdf, cannot be read.";
    if (!told.suffixes.includes(suffix)) return `Files of the kind ${suffix} cannot be read.`;
    const most = Math.min(told.max_file_megabytes, told.max_request_megabytes - 0.5);
    return file.size > most * MEGABYTE ? `It is larger than ${most} MB; split it into smaller files.` : "";
  };

  const choose = (found) => {
    const detail = found
      .filter(({ path }) => !path.split("/").some(isHidden))
      .map(({ file, path }) => ({ file, name: nameOf(path), reason: refusal(file, nameOf(path)) }))
      .filter(({ name }) => name);
    looking.textContent = detail.length ? "" : "There was no file in it.";
    if (detail.length) document.dispatchEvent(new CustomEvent("files-chosen", { detail }));
  };

  // --- folders

  const read = async (entry, path, found) => {
    if (isStopped) return;
    if (entry.isFile) {
      const file = await new Promise((resolve) => { entry.file(resolve, () => resolve(null)); });
      if (file) found.push({ file, path: path + entry.name });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((resolve) => { reader.readEntries(resolve, () => resolve([])); });
      if (!some.length || isStopped) return;  // it gives a hundred at a time, and none at the end
      for (const each of some) await read(each, `${path}${entry.name}/`, found);
    }
  };

  const dropped = async (items) => {
    // All at once: after the first wait the browser has forgotten what was dropped.
    const entries = [...items].filter(({ kind }) => kind === "file").map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
    const found = [];
    isStopped = false;
    const stop = button("plain", "Stop", "Stop looking into the folders", () => { isStopped = true; });
    const saying = setInterval(() => {
      looking.replaceChildren(`Looking into the folders: ${page.number(found.length)} files `, make("span", "dots", "…"), " ", stop);
    }, 300);
    for (const entry of entries) {
      if (entry instanceof File) found.push({ file: entry, path: entry.name });
      else if (entry) await read(entry, "", found);
    }
    clearInterval(saying);
    looking.textContent = "";
    if (!isStopped) choose(found);
  };

  // --- what is there to see

  const picker = (name, isFolder) => {
    const input = make("input", isFolder ? "pick-folder" : "pick-files");
    input.type = "file";
    input.multiple = true;
    input.hidden = true;
    input.webkitdirectory = isFolder;
    input.setAttribute("aria-label", name);
    input.addEventListener("change", () => {
      const files = [...input.files];
      input.value = "";
      choose(files.map((file) => ({ file, path: file.webkitRelativePath || file.name })));
    });
    return [button("choose", name, "", () => input.click()), input];
  };

  const build = () => {
    zone.setAttribute("aria-label", "Add documents");
    looking.setAttribute("role", "status");
    const buttons = make("div", "choices");
    buttons.append(...picker("Choose files", false), ...picker("Choose a folder", true));
    const kinds = make("p", "kinds", `${told.suffixes.join(" ")} · up to ${told.max_file_megabytes} MB each`);
    zone.append(make("p", "drop-title", "Drop files or folders here"), buttons, kinds, looking);
  };

  // What misses the tab is not opened by the browser in place of the page.
  const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const isHere = (event) => zone.isConnected && event.target instanceof Element && event.target.closest("#documents") !== null;
  addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = isHere(event) ? "copy" : "none";
    zone.classList.toggle("is-over", isHere(event));
  });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) zone.classList.remove("is-over"); });
  addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    zone.classList.remove("is-over");
    if (isHere(event)) dropped(event.dataTransfer.items);
  });

  page.start().then((started) => {
    told = started;
    if (!told.writes) return;
    build();
    page.keepIn("#documents .adding", zone, true);
  }).catch(() => {});  // the list says that the server does not answer
})();
