// The evidence beside the chat: the quotes of an answer or a claim as cards, and the source of one with the quote marked.
// What the cards say stands in the messages; this draws it, and draws it anew when a message is written anew.
(() => {
  "use strict";
  const { make, button, iconButton, icon } = page;
  const BESIDE = matchMedia("(min-width: 900px)");  // as in evidence.css; on less it is a sheet over the page
  const GROUP = "#conversation :is(.answer, .refused), #check-result .evidence";
  const CLOSED = "evidence-closed";

  // --- what the messages hold: groups of entries, each a quote, or a passage that came nearest

  const messages = () => [...document.querySelectorAll("#conversation .bot")];
  // A group is found again by a key after its message was written anew.
  const keyOf = (group) => {
    const claim = group.closest("details.claim");
    return claim ? claim.id : messages().findIndex((message) => message.contains(group));
  };
  const groupOf = (key) => {
    if (typeof key === "string") return document.querySelector(`#check-result #${CSS.escape(key)} .evidence`);
    return messages()[key]?.querySelector(".answer, .refused") ?? null;
  };
  const textIn = (item, selector) => item.querySelector(selector)?.textContent ?? "";
  const entriesOf = (group) => [...(group?.querySelectorAll(".quote, .nearest li") ?? [])].map((item) => ({
    item,
    href: item.querySelector("a.place").href,
    number: textIn(item, "a.citation").replace(/\D/g, ""),
    title: textIn(item, "cite"),
    where: textIn(item, ".card-data .where, .place .where"),
    likely: item.querySelector(".card-data .likely"),
  }));
  const isNearest = (group) => group?.matches(".refused") ?? false;

  // The address under which a quote can be passed on, of a link to its source.
  const permalink = (href) => {
    const at = new URL(href).searchParams.get("at") ?? "";
    const [, id, hash, start, end] = /^assistant:\/\/[\w-]+\/(\w+)\?sha256=(\w+)#char=(\d+),(\d+)$/.exec(at) ?? [];
    return id ? new URL(`${page.address(`d/${id}@${hash}`)}#${start}-${end}`, document.baseURI).href : "";
  };

  // --- what is shown, of each tab: whose evidence, which entry of it, and the source that is open

  const states = {};
  const state = () => (states[page.tab()] ??= { key: null, index: -1, source: "", isOpen: false, opener: null });
  let asked = 0;  // messages of the chat when it was last looked at
  let drawn = "";

  // --- the elements

  const panel = make("aside");
  panel.id = "evidence";
  panel.tabIndex = -1;
  panel.hidden = true;
  panel.setAttribute("aria-label", "Evidence");
  const heading = make("h2", "evidence-title");
  const whose = make("p", "evidence-whose");
  const close = iconButton("evidence-close", "M6 6l12 12 M18 6 6 18", "Close the evidence", () => leave());
  const top = make("div", "evidence-bar");
  const back = button("source-back", "", "", () => toCards());
  const named = make("div", "evidence-named");
  named.append(heading, whose);
  const away = make("a", "icon-button source-away");
  away.target = "_blank";
  away.rel = "noopener";
  away.title = "Open in a new tab";
  away.setAttribute("aria-label", "Open in a new tab");
  away.append(icon("M14 4h6v6 M20 4l-9 9 M18 14v6H4V6h6"));
  const share = iconButton("source-share", "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.5 1.5 M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.5-1.5", "Copy a link to the quote", () => copyLink(state().source));
  top.append(back, named, share, away, close);
  const list = make("ol", "cards");
  const cards = make("div", "evidence-cards");
  const remark = make("p", "evidence-remark", "The documents do not answer this. These passages only come nearest.");
  cards.append(remark, list);

  const turn = make("div", "turn");
  const previous = iconButton("turn-previous", "M14 6l-6 6 6 6", "Previous quote", () => step(-1));
  const next = iconButton("turn-next", "M10 6l6 6-6 6", "Next quote", () => step(1));
  const count = make("span", "turn-count");
  const likely = make("span", "likely");
  turn.append(previous, count, next, likely);
  const content = make("div", "source-content");
  const source = make("section");
  source.id = "source-panel";
  source.setAttribute("aria-label", "Source");
  source.append(turn, content);
  const told = make("div", "only-heard");
  told.setAttribute("role", "status");
  panel.append(top, cards, source, told);

  const toggle = iconButton("evidence-toggle", "M4 5h16v14H4z M14.5 5v14", "Evidence", () => (panel.hidden ? show() : leave()));
  toggle.setAttribute("aria-controls", "evidence");
  document.querySelector(".masthead-tools").prepend(toggle);

  // --- cards

  const copyLink = async (href) => {
    await page.copy(permalink(href));
    told.textContent = "";
    told.textContent = "Link copied.";
    const here = panel.querySelectorAll(".card-copy, .source-share");
    const from = [...here].find((each) => each === document.activeElement);
    from?.classList.add("is-done");
    setTimeout(() => from?.classList.remove("is-done"), 1_500);
  };
  const part = (className, node) => {
    const made = make("span", className);
    made.append(...[...(node?.childNodes ?? [])].map((each) => each.cloneNode(true)));
    return made;
  };
  const cardOf = (entry, index) => {
    const { item } = entry;
    const card = make("li", "card");
    card.dataset.index = index;
    const head = make("div", "card-head");
    if (entry.number) head.append(make("span", "card-number", entry.number));
    const where = make("div", "card-where");
    where.append(make("cite", "card-title", entry.title), make("span", "card-place", entry.where));
    head.append(where);
    const text = make("div", "card-text");
    if (item.matches(".quote")) {
      text.append(part("before", item.querySelector(".before")), part("quoted", item.querySelector("blockquote")), part("after", item.querySelector(".after")));
    } else {
      text.append(part("quoted", item.querySelector(".nearest-text")));
    }
    const foot = make("div", "card-foot");
    if (entry.likely) foot.append(entry.likely.cloneNode(true));
    const name = entry.number ? `quote ${entry.number}` : `passage ${index + 1}`;
    const opener = make("a", "card-open", "Open source");
    opener.href = entry.href;
    opener.setAttribute("aria-label", `Open source of ${name}`);
    const copy = button("card-copy", "Copy link", `Copy a link to ${name}`, () => copyLink(entry.href));
    const acts = make("span", "card-acts");
    acts.append(...(permalink(entry.href) ? [copy] : []), opener);
    foot.append(acts);
    const unseen = [...item.querySelectorAll(".unseen")].map((each) => each.cloneNode(true));
    card.append(head, text, ...unseen, foot);
    card.addEventListener("click", (event) => {
      if (!event.target.closest("a, button") && getSelection().isCollapsed) openEntry(index, opener);
    });
    return card;
  };
  const drawCards = (group, entries) => {
    const signature = JSON.stringify(entries.map(({ item, href }) => [href, item.textContent]));
    if (signature !== drawn) {
      drawn = signature;
      const focused = list.contains(document.activeElement) ? document.activeElement : null;
      const place = focused?.closest(".card")?.dataset.index;
      list.replaceChildren(...entries.map(cardOf));
      if (place) list.querySelector(`[data-index="${place}"] .${focused.classList[0]}`)?.focus({ preventScroll: true });
    }
    [...list.children].forEach((card, index) => card.classList.toggle("is-selected", index === state().index));
  };

  // --- the whole of it

  const questionOf = (group) => {
    const claim = group.closest("details.claim");
    if (claim) return textIn(claim, "summary .words");
    const asked = group.closest(".message-row")?.previousElementSibling;
    return asked ? textIn(asked, ".question") : "";
  };

  const draw = () => {
    const now = state();
    const group = now.key === null ? null : groupOf(now.key);
    const entries = entriesOf(group);
    const isWaiting = page.tab() === "Chat" && messages().at(-1)?.querySelector(".waiting, .unfinished");
    const hasSome = entries.length > 0;
    const wasShown = !panel.hidden;
    panel.hidden = !(now.isOpen && (now.source || hasSome || isWaiting));
    toggle.hidden = !hasSome && panel.hidden;
    toggle.setAttribute("aria-expanded", !panel.hidden);
    document.body.classList.toggle("evidence-open", !panel.hidden);
    if (wasShown !== !panel.hidden || BESIDE.matches === panel.hasAttribute("aria-modal")) setModal();
    const isSource = now.source !== "";
    cards.hidden = isSource;
    source.hidden = back.hidden = away.hidden = !isSource;
    share.hidden = !isSource || !permalink(now.source);
    named.hidden = isSource;
    panel.classList.toggle("is-nearest", isNearest(group));
    heading.textContent = isNearest(group) ? "Nearest passages (not an answer)" : hasSome ? `Evidence · ${page.counted(entries.length, "quote")}` : "Evidence";
    whose.textContent = group && hasSome ? questionOf(group) : isWaiting ? "Looking for quotes …" : "";
    remark.hidden = !isNearest(group);
    drawCards(group, entries);
    drawTurn(entries, isNearest(group));
    for (const link of document.querySelectorAll(":is(#conversation, #check-result) a.citation")) {
      link.classList.toggle("is-open", isSource && !panel.hidden && link.href === entries[now.index]?.href && link.closest(GROUP) === group);
    }
  };

  const drawTurn = (entries, isPassage) => {
    const { index } = state();
    const word = isPassage ? "Passage" : "Quote";
    turn.hidden = index < 0 || !entries.length;
    back.replaceChildren(icon("M14 6l-6 6 6 6"), ...[entries.length ? (isPassage ? "All passages" : entries.length === 1 ? "The quote" : "All quotes") : "Source"]);
    back.disabled = !entries.length;
    const said = `${word} ${index + 1} of ${entries.length}`;
    if (count.textContent !== said) count.textContent = said;
    previous.disabled = index <= 0;
    next.disabled = index >= entries.length - 1;
    const words = entries[index]?.likely;
    likely.className = words?.className ?? "likely";
    if (likely.textContent !== (words?.textContent ?? "")) likely.textContent = words?.textContent ?? "";
  };

  // Over the page it is a dialog, behind which nothing can be reached.
  const setModal = () => {
    const isModal = !panel.hidden && !BESIDE.matches;
    if (isModal) panel.setAttribute("role", "dialog");
    else panel.removeAttribute("role");
    panel.toggleAttribute("aria-modal", !BESIDE.matches);
    if (isModal) panel.setAttribute("aria-modal", "true");
    for (const behind of document.querySelectorAll("gradio-app, .masthead, #sidebar, .skip")) behind.inert = isModal;
  };

  const isQuiet = () => sessionStorage.getItem(CLOSED) !== null;

  // The chat's evidence is that of its latest answer until another one is chosen, and anew with each question.
  const follow = () => {
    const now = states.Chat ??= state();
    const all = messages();
    const latest = all.length - 1;
    if (all.length !== asked) {
      asked = all.length;
      Object.assign(now, { key: latest >= 0 ? latest : null, index: -1, source: "", wants: true });
      if (!BESIDE.matches || !all.length) now.isOpen = false;
    }
    const group = now.key === null ? null : groupOf(now.key);
    if (now.source && !entriesOf(group).some(({ href }) => href === now.base)) Object.assign(now, { index: -1, source: "" });
    if (now.wants && group && entriesOf(group).length) {
      now.wants = false;
      if (BESIDE.matches && !isQuiet() && !isNearest(group)) now.isOpen = true;
    }
  };

  const look = () => {
    if (page.tab() === "Chat") follow();
    if (page.tab()) draw();
  };

  // --- going about in it

  const show = () => {
    sessionStorage.removeItem(CLOSED);
    Object.assign(state(), { isOpen: true, opener: document.activeElement });
    look();
    panel.focus({ preventScroll: true });
  };
  // What had the focus before, or what stands in its place since its message was written anew.
  const focusBefore = () => {
    const { opener, key, base } = state();
    if (opener?.isConnected && !panel.contains(opener)) return opener.focus();
    const link = [...(groupOf(key)?.querySelectorAll("a.citation, a.place") ?? [])].find((each) => each.href === base);
    (link ?? document.querySelector("#question textarea"))?.focus();
  };
  const leave = () => {
    if (page.tab() === "Chat" && BESIDE.matches) sessionStorage.setItem(CLOSED, "");
    Object.assign(state(), { isOpen: false, source: "" });
    latest++;
    look();
    focusBefore();
  };
  const toCards = () => {
    const now = state();
    latest++;
    now.source = "";
    const hasCards = entriesOf(groupOf(now.key)).length > 0;
    if (!hasCards) return leave();
    look();
    const card = list.children[now.index];
    card?.scrollIntoView({ block: "nearest" });
    const isBeside = BESIDE.matches && now.opener?.isConnected && !panel.contains(now.opener);
    if (isBeside) now.opener.focus({ preventScroll: true });
    else (card?.querySelector(".card-open") ?? panel).focus({ preventScroll: true });
  };
  page.onEscape(20, () => {
    if (panel.hidden) return false;
    if (state().source) toCards();
    else if (!BESIDE.matches || page.tab() !== "Chat") leave();
    else return false;
    return true;
  });

  const openEntry = (index, from) => {
    const now = state();
    const entry = entriesOf(groupOf(now.key))[index];
    if (!entry) return;
    now.index = index;
    openSource(entry.href, entry.href, from);
  };
  const step = (by) => openEntry(state().index + by, null);
  const openSource = (href, base, from) => {
    const now = state();
    if (from) now.opener = from;
    Object.assign(now, { source: href, base, isOpen: true });
    look();
    load(href, from !== null);
  };

  // A link to a source opens it here; what it belongs to comes with it.
  const openLink = (link) => {
    const now = state();
    if (panel.contains(link)) {
      const card = link.closest(".card");
      if (card) openEntry(Number(card.dataset.index), link);
      else openSource(link.href, now.base, null);  // more of the same
      return;
    }
    const group = link.closest(GROUP);
    Object.assign(now, { key: group ? keyOf(group) : null, wants: false });
    now.index = entriesOf(group).findIndex(({ href }) => href === link.href);
    if (group) sessionStorage.removeItem(CLOSED);
    openSource(link.href, link.href, link);
  };

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const shower = target?.closest("#conversation .show-evidence");
    if (shower) {
      const group = shower.closest(".bot").querySelector(".answer, .refused");
      Object.assign(state(), { key: keyOf(group), index: -1, source: "", wants: false });
      return show();
    }
    const link = target?.closest("a[href]");
    const isSource = link && link !== away && link.origin === location.origin && /\/source$/.test(link.pathname);
    if (!isSource || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    openLink(link);
  }, true);
  // Arrows go from quote to quote: of a source to the next one's, of the cards to the next card.
  document.addEventListener("keydown", (event) => {
    const isBack = event.key === "ArrowLeft" || event.key === "ArrowUp";
    const isAhead = event.key === "ArrowRight" || event.key === "ArrowDown";
    if (!(isBack || isAhead) || panel.hidden || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const focused = document.activeElement;
    if (page.isTyping() || focused.matches("[role=tab], [role=option], summary") || document.querySelector("dialog[open], :popover-open")) return;
    const isUpright = event.key === "ArrowUp" || event.key === "ArrowDown";
    if (state().source) {
      if (isUpright) return;  // scrolls the text
      step(isBack ? -1 : 1);
    } else {
      if (isUpright && !list.contains(focused) && focused !== panel) return;
      const now = focused.closest(".card");
      const to = now ? (isBack ? now.previousElementSibling : now.nextElementSibling) : list.children[Math.max(state().index, 0)];
      to?.querySelector(".card-open").focus();
      to?.scrollIntoView({ block: "nearest" });
    }
    event.preventDefault();
  });

  // --- the source

  let latest = 0;
  const say = (sentence) => content.replaceChildren(make("p", "source-state", sentence));
  const scrollToQuote = () => {
    const quoted = content.querySelector("mark");
    const text = content.querySelector(".source-text");
    if (!quoted || !text) return;
    const offset = quoted.getBoundingClientRect().top - text.getBoundingClientRect().top;
    text.scrollTop += offset - Math.max(24, (text.clientHeight - quoted.offsetHeight) / 3);
  };
  // Of a page that cannot be drawn any more there is no picture; its text stays.
  const dropBroken = () => {
    for (const picture of content.querySelectorAll(".source-picture img")) {
      picture.addEventListener("error", () => picture.parentElement.remove());
      picture.addEventListener("load", scrollToQuote, { once: true });
    }
  };
  const load = async (href, takesFocus) => {
    const mine = ++latest;
    away.href = href;
    const hadFocus = content.contains(document.activeElement);
    if (takesFocus) {
      say("Opening …");
      panel.focus({ preventScroll: true });
    }
    const fragment = new URL(href);
    fragment.searchParams.set("fragment", "1");
    try {
      const answer = await fetch(fragment, { credentials: "same-origin" });
      const html = await answer.text();
      if (mine !== latest) return;
      // The server has escaped every foreign character of it; the content security policy stands behind that.
      if (answer.headers.get("content-type")?.startsWith("text/html")) content.innerHTML = html;
      else say(html);
      dropBroken();
      scrollToQuote();
    } catch {
      if (mine === latest) say(page.SILENT);
    }
    if (mine === latest && (hadFocus || document.activeElement === panel)) {
      (content.querySelector(".source-text") ?? panel).focus({ preventScroll: true });
    }
    if (mine === latest && state().index >= 0) told.textContent = count.textContent;
  };

  const shade = make("div", "evidence-shade");
  shade.addEventListener("click", () => leave());
  document.body.append(shade, panel);
  page.watch(look);
  new MutationObserver(look).observe(document.body, { subtree: true, attributes: true, attributeFilter: ["aria-selected"] });
  BESIDE.addEventListener("change", () => {
    if (!BESIDE.matches) for (const each of Object.values(states)) Object.assign(each, { isOpen: false, source: "" });
    else if (states.Chat) states.Chat.wants = true;
    look();
  });
})();
