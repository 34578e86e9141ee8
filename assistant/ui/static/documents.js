// The list of documents: searched, opened, and removed with a while to undo it.
(() => {
  "use strict";
  const { make, button, number, counted } = page;
  const PAGE = 100;
  const MOST = 1_000;  // that one request gives
  const SLOW = 300;  // milliseconds after which a wait is shown
  const KINDS = {
    "text/plain": "Text", "text/markdown": "Markdown", "application/pdf": "PDF", "text/csv": "CSV", "text/html": "Web page",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word",
    "application/vnd.oasis.opendocument.text": "OpenDocument",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel",
    "application/epub+zip": "EPUB", "message/rfc822": "E-mail", "application/jsonl": "JSON Lines",
  };

  let told = null;
  let shown = new Map();  // id: {document, item, check}, in the order of the list
  let total = 0;
  let asking = null;  // what ends the request that is under way

  // --- what is there to see

  const root = make("section", "document-list");
  const search = make("input", "search");
  const order = make("select", "order");
  const count = make("p", "count");
  const wait = make("p", "list-wait");
  const bar = make("div", "chosen");
  const list = make("ul", "documents");
  const more = button("plain more-documents", "", "", () => load({ from: shown.size }));
  const unread = make("details", "unread");
  const notices = make("div", "notices");

  const build = () => {
    root.setAttribute("aria-label", "Documents");
    search.type = "search";
    search.placeholder = "Search titles and names";
    search.maxLength = 200;
    search.setAttribute("aria-label", "Search documents");
    search.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(() => load(), 200);
    });
    order.setAttribute("aria-label", "Order");
    order.append(new Option("Newest first", "newest"), new Option("By name", "source"));
    order.addEventListener("change", () => load());
    count.setAttribute("role", "status");
    const tools = make("div", "tools");
    tools.append(search, order);
    bar.hidden = true;
    more.hidden = true;
    root.append(tools, notices, count, wait, bar, list, more, unread);
  };
  let typing = 0;

  const bytes = (value) => {
    if (value < 1_000) return counted(value, "byte");
    return value < 1_000_000 ? `${number(Math.round(value / 1_000))} kB` : `${number(Math.round(value / 100_000) / 10)} MB`;
  };
  const nameOf = (source) => {
    const isUpload = source.startsWith(`${told.uploads}/`) || source.startsWith(`${told.uploads}\\`);
    return isUpload ? source.slice(told.uploads.length + 1) : source;
  };

  const factsOf = (each) => {
    const page_ = each.media_type.includes("presentation") ? "slide" : "page";
    return [
      KINDS[each.media_type] ?? each.media_type,
      each.size === null ? "" : bytes(each.size),
      each.pages === null ? "" : counted(each.pages, page_),
      counted(each.passages, "passage"),
      counted(each.characters, "character"),
    ].filter(Boolean).join(" · ");
  };

  const dateOf = (each) => {
    const when = make("time", "", new Date(each.added_at).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" }));
    when.dateTime = each.added_at;
    return when;
  };

  const opening = (className, text, name, id) => {
    const link = make("a", className, text);
    link.href = page.address("source", { document: id });
    if (name) link.setAttribute("aria-label", name);
    return link;
  };

  const rowOf = (each) => {
    const item = make("li");
    item.dataset.id = each.id;
    const row = { document: each, item, check: null };
    const body = make("div", "about");
    const facts = make("p", "facts", `${factsOf(each)} · added `);
    facts.append(dateOf(each));
    body.append(opening("document", each.title, "", each.id), make("p", "origin", nameOf(each.source)), facts);
    for (const note of each.notes) body.append(make("p", "note", note));
    const acts = make("div", "acts");
    acts.append(opening("plain indexed", "Indexed text", `Indexed text of ${each.title}`, each.id));
    if (told.writes) {
      row.check = make("input");
      row.check.type = "checkbox";
      row.check.setAttribute("aria-label", `Select ${each.title}`);
      row.check.addEventListener("change", drawBar);
      item.append(row.check);
      acts.append(button("plain remove", "Remove", `Remove ${each.title}`, () => removal([each.id])));
    }
    item.append(body, acts);
    return row;
  };

  const chosen = () => [...shown.values()].filter((row) => row.check?.checked && !row.item.hidden).map((row) => row.document.id);

  const drawBar = () => {
    const ids = chosen();
    bar.hidden = !ids.length;
    if (bar.hidden) return bar.replaceChildren();
    bar.replaceChildren(
      make("span", "", `${number(ids.length)} selected`),
      button("plain remove-chosen", "Remove selected", "", () => removal(chosen())),
      button("plain", "Select all shown", "", () => check(true)),
      button("plain", "Select none", "", () => check(false)),
    );
  };
  const check = (isChecked) => {
    for (const row of shown.values()) if (!row.item.hidden) row.check.checked = isChecked;
    drawBar();
    (isChecked ? bar.querySelector("button") : search).focus();
  };

  const draw = () => {
    const hidden = [...shown.values()].filter((row) => row.item.hidden).length;
    const there = total - hidden;
    if (search.value.trim()) count.textContent = there ? `${counted(there, "document")} found` : "No document has that in its title or name.";
    else if (there || hidden) count.textContent = counted(there, "document");
    else count.textContent = told.writes ? "There are no documents yet. Drop some files above, then ask about them." : "There are no documents yet.";
    more.hidden = shown.size >= total;
    more.textContent = `Show more (${number(total - shown.size)} left)`;
    drawBar();
  };

  const drawUnread = (files) => {
    unread.hidden = !files.length;
    const items = files.slice(0, 200).map(({ source, reason }) => {
      const item = make("li");
      item.append(make("p", "origin", nameOf(source)), make("p", "why", reason));
      return item;
    });
    const box = make("ul");
    box.append(...items);
    unread.replaceChildren(make("summary", "", `${counted(files.length, "file")} could not be read`), box);
  };

  // --- loading

  const waiting = (stop) => setTimeout(() => {
    wait.replaceChildren("Loading ", make("span", "dots", "…"), " ", button("plain", "Stop", "Stop loading the documents", stop));
  }, SLOW);

  // What is there already stays as it is, with what is selected and what has the focus.
  const put = (documents, from) => {
    const before = shown;
    const kept = from ? new Map(before) : new Map();
    for (const each of documents) {
      const old = before.get(each.id);
      const isSame = old && JSON.stringify(old.document) === JSON.stringify(each);
      kept.set(each.id, isSame ? old : rowOf(each));
      if (old && !isSame) kept.get(each.id).item.hidden = old.item.hidden;
    }
    shown = kept;
    const focused = document.activeElement;
    const isInside = list.contains(focused);
    const items = [...shown.values()].map((row) => row.item);
    if (items.length !== list.children.length || items.some((item, place) => list.children[place] !== item)) list.replaceChildren(...items);
    if (!isInside) return;
    if (focused.isConnected) return focused.focus({ preventScroll: true });
    const id = focused.closest("li")?.dataset.id;
    (shown.get(id)?.item.querySelector("a, button") ?? search).focus({ preventScroll: true });
  };

  const load = async ({ from = 0, isAgain = false } = {}) => {
    asking?.abort();
    const mine = new AbortController();
    asking = mine;
    const timer = waiting(() => mine.abort());
    const limit = isAgain ? Math.min(MOST, Math.max(PAGE, shown.size)) : PAGE;
    try {
      const values = { offset: from, limit, order: order.value, search: search.value.trim() };
      const found = await page.call("v1/documents", values, { signal: mine.signal });
      if (asking !== mine) return;
      const focus = from && document.activeElement === more ? found.documents[0]?.id : null;
      total = found.total;
      put(found.documents, from);
      draw();
      drawUnread(found.unread);
      if (focus) shown.get(focus).item.querySelector("a").focus();
      wait.replaceChildren();
    } catch (error) {
      if (asking !== mine) return;
      const sentence = error.name === "AbortError" ? "Stopped." : error.message;
      wait.replaceChildren(`${sentence} `, button("plain", "Try again", "Load the documents again", () => load({ from, isAgain })));
    } finally {
      clearTimeout(timer);
    }
  };

  // --- removing: by the removals of their own file, which are told what to do with the rows

  const removal = (ids) => {
    const rows = ids.map((id) => shown.get(id));
    const after = [...shown.values()].slice([...shown.keys()].indexOf(ids[0])).find((row) => !ids.includes(row.document.id) && !row.item.hidden);
    const say = (id, sentence) => {
      const row = shown.get(id);
      if (!row) return;
      row.item.querySelector(".problem")?.remove();
      const line = make("p", "problem", sentence);
      line.setAttribute("role", "alert");
      row.item.querySelector(".about").append(line);
    };
    const back = (id) => { if (shown.get(id)) shown.get(id).item.hidden = false; };
    for (const row of rows) {
      row.item.hidden = true;
      if (row.check) row.check.checked = false;
    }
    const detail = {
      ids, notices,
      name: rows.length === 1 ? `“${rows[0].document.title}”` : counted(rows.length, "document"),
      undone: () => {
        ids.forEach(back);
        draw();
        shown.get(ids[0])?.item.querySelector(".remove").focus();
      },
      removed: (id) => { if (shown.delete(id)) total -= 1; },
      failed: (id, sentence) => {
        back(id);
        say(id, sentence);
      },
      ended: (hadFocus) => {
        draw();
        if (hadFocus) ((after?.item.isConnected && !after.item.hidden && after.item.querySelector(".remove")) || search).focus();
      },
    };
    draw();
    document.dispatchEvent(new CustomEvent("remove-documents", { detail }));
  };

  document.addEventListener("collection-changed", () => { if (told) load({ isAgain: true }); });
  addEventListener("pageshow", (event) => { if (event.persisted && told) load({ isAgain: true }); });

  page.keepIn("#documents .library", root);
  page.start().then((started) => {
    told = started;
    build();
    load();
  }).catch((error) => {
    const line = make("p", "problem", error.message);
    line.setAttribute("role", "alert");
    root.append(line);
  });
})();
