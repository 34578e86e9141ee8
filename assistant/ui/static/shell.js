// The frame around Gradio's tabs: a header, a sidebar for the conversations and collections, and the keyboard.
(() => {
  "use strict";
  const { make, button, iconButton } = page;
  const DOCKED = matchMedia("(min-width: 1200px)");  // as in shell.css; on less the sidebar lies over the page
  const KEPT = "sidebar";

  // --- the header

  const question = () => document.querySelector("#question textarea");
  const write = () => {
    page.openTab("Chat");
    let tries = 0;
    const focus = () => {
      if (question()?.offsetParent) question().focus();
      else if (++tries < 50) setTimeout(focus, 20);  // Gradio shows a tab a little later
    };
    focus();
  };
  const skip = make("a", "skip", "Skip to the question");
  skip.href = "#question";
  skip.addEventListener("click", (event) => {
    event.preventDefault();
    write();
  });
  const toggle = iconButton("sidebar-toggle", "M4 5h16v14H4z M9.5 5v14", "Conversations", () => setSidebar(!isOpen()));
  toggle.setAttribute("aria-controls", "sidebar");
  const tools = make("div", "masthead-tools");
  const header = make("header", "masthead");
  header.append(toggle, make("h1", "", "Ask your documents"), tools);

  // --- the sidebar

  const side = make("nav");
  side.id = "sidebar";
  side.setAttribute("aria-label", "Conversations");
  const fresh = button("side-new", "New chat", "", () => {
    document.querySelector("#new-chat")?.click();
    if (!DOCKED.matches) setSidebar(false);
    write();
  });
  fresh.prepend(page.icon("M12 5v14 M5 12h14"));
  const collections = make("div", "side-collections");
  side.append(fresh, make("div", "side-conversations"), collections);
  const shade = make("div", "side-shade");
  shade.addEventListener("click", () => setSidebar(false));

  const isOpen = () => document.body.dataset.sidebar === "open";
  const show = (open) => {
    document.body.dataset.sidebar = open ? "open" : "closed";
    toggle.setAttribute("aria-expanded", open);
  };
  const setSidebar = (open) => {
    if (open === isOpen()) return;
    if (!open && side.contains(document.activeElement)) toggle.focus();
    show(open);
    if (DOCKED.matches) localStorage.setItem(KEPT, open ? "open" : "closed");
    else if (open) fresh.focus();
  };
  const begin = () => show(DOCKED.matches && localStorage.getItem(KEPT) !== "closed");
  DOCKED.addEventListener("change", begin);
  begin();
  page.onEscape(30, () => {
    if (DOCKED.matches || !isOpen()) return false;
    setSidebar(false);
    return true;
  });
  // Who goes on by Tab from a sidebar that lies over the page does not want it any more.
  side.addEventListener("focusout", (event) => {
    const to = event.relatedTarget;
    if (!DOCKED.matches && to && to !== toggle && !side.contains(to)) setSidebar(false);
  });
  document.addEventListener("sidebar-wanted", () => show(true));
  document.addEventListener("conversation-opened", () => {
    page.openTab("Chat");
    if (!DOCKED.matches) setSidebar(false);
  });

  // Links to the other collections, where there are any.
  const drawCollections = (told) => {
    const names = told.collections;
    const list = make("ul");
    for (const name of names) {
      const item = make("li");
      item.append(page.collectionLink(name, told));
      list.append(item);
    }
    collections.replaceChildren(...(names.length > 1 ? [make("h2", "", "Collection"), list] : []));
  };
  const tellCollections = (anew) => page.start(anew).then(drawCollections).catch(() => {});  // said where one asks
  tellCollections(false);
  document.addEventListener("collection-changed", () => tellCollections(true));

  // --- the keyboard

  const KEYS = [
    [["/"], "Write a question"],
    [["Enter"], "Ask it, or open what has the focus"],
    [["Shift", "Enter"], "A new line in a question"],
    [["←", "→"], "The previous and the next quote"],
    [["Esc"], "Back from a source, then close"],
    [["?"], "This help"],
  ];
  const keys = make("dialog", "keys");
  keys.setAttribute("aria-labelledby", "keys-title");
  const title = make("h2", "", "Keyboard");
  title.id = "keys-title";
  const listed = make("dl");
  for (const [names, what] of KEYS) {
    const term = make("dt");
    term.append(...names.map((name) => make("kbd", "", name)));
    listed.append(term, make("dd", "", what));
  }
  keys.append(title, listed, button("keys-close", "Close", "", () => keys.close()));
  keys.addEventListener("click", (event) => { if (event.target === keys) keys.close(); });
  const help = iconButton("keys-open", "M3 6h18v12H3z M7 10h.01 M11 10h.01 M15 10h.01 M7 14h10", "Keyboard", () => keys.showModal());
  tools.append(help);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || page.isTyping() || keys.open) return;
    if (event.key === "/") write();
    else if (event.key === "?") keys.showModal();
    else return;
    event.preventDefault();
  });

  document.body.prepend(skip, header, side, shade);
  document.body.append(keys);
})();
