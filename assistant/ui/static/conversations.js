// Conversations: this browser keeps them, each under a key of its own, so that two tabs do not overwrite each other.
// The open one is in the box #kept as the server wrote it; here it is stored, listed, opened, named, deleted, exported.
(() => {
  "use strict";
  let PREFIX = "";  // names the home and the collection, as the server calls them
  let CURRENT = "";
  const LONGEST_TITLE = 80;

  const control = (name) => document.querySelector(`#${name}`);
  const box = () => document.querySelector("#kept textarea, #kept input");
  const { make, button } = page;

  // --- what is stored: {updated, text}, where text is the conversation's JSON

  const current = () => sessionStorage.getItem(CURRENT) ?? "";
  const setCurrent = (id) => { if (id) sessionStorage.setItem(CURRENT, id); else sessionStorage.removeItem(CURRENT); };
  const parsed = (record) => {
    try {
      const conversation = JSON.parse(record.text);
      return conversation.exchanges.every((each) => typeof each.question === "string") ? conversation : null;
    } catch {
      return null;
    }
  };
  const stored = (id) => {
    try {
      return JSON.parse(localStorage.getItem(PREFIX + id));
    } catch {
      return null;
    }
  };
  const all = () => Object.keys(localStorage)
    .filter((key) => key.startsWith(PREFIX))
    .map((key) => ({ id: key.slice(PREFIX.length), record: stored(key.slice(PREFIX.length)) }))
    .filter((each) => each.record)
    .sort((one, other) => other.record.updated - one.record.updated);
  const store = (conversation, updated) => {
    const record = { updated, text: JSON.stringify(conversation) };
    try {
      localStorage.setItem(PREFIX + conversation.id, JSON.stringify(record));
      return true;
    } catch {
      say("This browser has no room for more conversations: export or delete some, or this one is gone with its tab.");
      return false;
    }
  };
  const titleOf = (conversation) => {
    const first = conversation.exchanges.find((each) => each.question.trim())?.question;
    const words = (conversation.title || first || "Conversation").trim().replace(/\s+/g, " ");
    return words.length > LONGEST_TITLE ? `${words.slice(0, LONGEST_TITLE)} …` : words;
  };

  // --- the list, in the sidebar

  const place = document.querySelector("#sidebar .side-conversations");
  const list = make("div", "conversation-list");
  const nothing = make("p", "conversation-none", "No conversations yet. They stay in this browser and are not sent anywhere.");
  const state = make("p", "conversation-state");
  state.setAttribute("role", "status");
  place.append(state, nothing, list);

  const say = (sentence) => {
    state.textContent = sentence;
    if (sentence) document.dispatchEvent(new Event("sidebar-wanted"));
  };

  const download = async (id, name) => {
    const conversation = parsed(stored(id) ?? {});
    if (!conversation) return draw();
    try {
      const answer = await page.call(`conversation/${name}`, {}, { method: "POST", body: JSON.stringify(conversation) });
      const title = titleOf(conversation).replace(/[^\p{L}\p{N} -]+/gu, "").trim() || "conversation";
      if (name.endsWith(".md")) page.save(page.linked(answer), "text/markdown", `${title}.md`);
      else page.save(`${JSON.stringify(answer, null, 2)}\n`, "application/json", `${title}.json`);
      say("");
    } catch (error) {
      say(error.message);
    }
  };

  // What was said of answers, of all conversations, as the questions of `assistant eval`.
  const exportFeedback = async () => {
    const marked = all().map(({ record }) => record.text)
      .filter((text) => parsed({ text })?.exchanges.some((each) => each.feedback));
    try {
      const body = marked.map((text) => JSON.stringify(JSON.parse(text))).join("\n");
      const { file, told } = await page.call("conversation/feedback.json", {}, { method: "POST", body });
      if (file) page.save(file, "application/jsonl", "evaluation questions.jsonl");
      say(told);
    } catch (error) {
      say(error.message);
    }
  };
  const feedback = button("conversation-feedback", "Export feedback as evaluation questions", "", exportFeedback);
  place.append(feedback);

  const rename = (row, conversation, updated) => {
    const field = make("input", "conversation-rename");
    field.value = titleOf(conversation);
    field.maxLength = LONGEST_TITLE;
    field.setAttribute("aria-label", "Name of the conversation");
    const done = (keeps) => {
      if (!field.isConnected) return;
      if (keeps && field.value.trim() && field.value.trim() !== titleOf(conversation)) {
        const renamed = { ...(parsed(stored(conversation.id) ?? {}) ?? conversation), title: field.value.trim() };
        if (store(renamed, updated) && conversation.id === current()) write(JSON.stringify(renamed));
      }
      field.remove();
      draw();
      list.querySelector(`[data-id="${CSS.escape(conversation.id)}"] .conversation-open`)?.focus();
    };
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter" || event.key === "Escape") event.preventDefault();  // not for what has the focus next
      if (event.key === "Enter") done(true);
      if (event.key === "Escape") done(false);
    });
    field.addEventListener("blur", () => done(true));
    row.querySelector(".conversation-open").replaceWith(field);
    field.focus();
    field.select();
  };

  const remove = (asked, id) => {
    if (!asked.classList.contains("is-sure")) {
      asked.classList.add("is-sure");
      asked.textContent = "Really delete";
      return;
    }
    localStorage.removeItem(PREFIX + id);
    if (id === current()) control("new-chat").click();
    asked.closest("[popover]").hidePopover();
    document.querySelector("#sidebar .side-new").focus();
  };

  // What can be done with a conversation: a menu beside its row, above everything else.
  const menuOf = (item, conversation, record) => {
    const { id } = conversation;
    const title = titleOf(conversation);
    const menu = make("div", "conversation-menu");
    menu.popover = "auto";
    const act = (text, name, done, closes = true) => button("", text, name, (event) => {
      if (closes) menu.hidePopover();
      done(event.currentTarget);
    });
    menu.append(
      act("Rename", `Rename ${title}`, () => rename(rowOf(id), conversation, record.updated)),
      act("Export as Markdown", `Export ${title} as Markdown`, () => download(id, "conversation.md")),
      act("Export as JSON", `Export ${title} as JSON`, () => download(id, "conversation.json")),
      act("Delete", `Delete ${title}`, (asked) => remove(asked, id), false),
    );
    const more = page.iconButton("conversation-more", "M5 12h.01 M12 12h.01 M19 12h.01", `More for ${title}`, () => {});
    more.title = "More";
    more.popoverTargetElement = menu;
    menu.addEventListener("toggle", ({ newState }) => {
      item.classList.toggle("has-menu", newState === "open");
      if (newState === "closed") return draw();
      const from = more.getBoundingClientRect();
      const below = from.bottom + menu.offsetHeight + 12 < innerHeight;
      menu.style.top = `${below ? from.bottom + 4 : from.top - menu.offsetHeight - 4}px`;
      menu.style.left = `${Math.min(from.left, innerWidth - menu.offsetWidth - 12)}px`;
      menu.querySelector("button").focus();
    });
    return [more, menu];
  };
  const rowOf = (id) => list.querySelector(`[data-id="${CSS.escape(id)}"]`);

  const row = ({ id, record }) => {
    const conversation = parsed(record);
    if (!conversation) return null;
    const title = titleOf(conversation);
    const item = make("li", id === current() ? "is-current" : "");
    item.dataset.id = id;
    const opener = button("conversation-open", title, `Open ${title}`, () => {
      open((stored(id) ?? record).text, id);  // another tab may have gone on with it
      document.dispatchEvent(new Event("conversation-opened"));
    });
    opener.title = `${title}\n${new Date(record.updated).toLocaleString()}`;
    if (id === current()) opener.setAttribute("aria-current", "true");
    item.append(opener, ...menuOf(item, { ...conversation, id }, record));
    return item;
  };

  // How long ago in words; each is the heading of the conversations that it fits first.
  const DAY = 86_400_000;
  const since = (updated) => {
    const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(updated).setHours(0, 0, 0, 0)) / DAY);
    return ["Today", "Yesterday", "The last 7 days", "The last 30 days", "Earlier"][[1, 2, 7, 30].filter((each) => days >= each).length];
  };

  // A menu that is open and a name that is being written stay; what has changed meanwhile is drawn after them.
  const draw = () => {
    if (list.querySelector(":popover-open, .conversation-rename")) return;
    const focused = document.activeElement;
    const before = focused?.closest(".conversation-list li")?.dataset.id;
    const rows = all().map((each) => ({ when: since(each.record.updated), item: row(each) })).filter(({ item }) => item);
    const groups = [];
    let heading = "";
    for (const { when, item } of rows) {
      if (when !== heading) groups.push(make("h2", "", when), make("ul"));
      heading = when;
      groups.at(-1).append(item);
    }
    nothing.hidden = rows.length > 0;
    feedback.hidden = !all().some(({ record }) => parsed(record)?.exchanges.some((each) => each.feedback));
    list.replaceChildren(...groups);
    if (before) rowOf(before)?.querySelector(focused.matches(".conversation-more") ? ".conversation-more" : ".conversation-open").focus();
  };

  // --- the open one

  let seen = "";
  const write = (text) => {
    seen = text;
    page.fill(box(), text);
  };
  const open = (text, id) => {
    write(text);
    setCurrent(id);
    draw();
    // The box tells Gradio of its value before the button is heard.
    setTimeout(() => control("reopen").click(), 50);
  };

  const keep = () => {
    const text = box()?.value ?? "";
    if (text === seen) return;
    seen = text;
    const conversation = text ? parsed({ text }) : null;
    setCurrent(conversation?.id ?? "");
    if (conversation?.exchanges.length) {
      const title = parsed(stored(conversation.id) ?? {})?.title || conversation.title;
      store({ ...conversation, title }, Date.now());
    }
    draw();
  };

  document.addEventListener("input", (event) => { if (event.target === box()) keep(); });
  addEventListener("storage", (event) => { if (event.key === null || event.key.startsWith(PREFIX)) draw(); });

  // --- once Gradio has drawn its controls, the open conversation is shown again

  let isReady = false;
  const look = () => {
    if (!PREFIX || !box() || !control("new-chat") || !control("reopen")) return;
    if (isReady) return keep();
    isReady = true;
    draw();
    const record = stored(current());
    if (record && parsed(record)) open(record.text, current());
    else setCurrent("");
  };
  page.watch(look);
  page.start().then(({ scope }) => {
    PREFIX = `conversation:${scope}:`;
    CURRENT = `current:${scope}`;
    look();
  }).catch(() => {});  // said where the first question is asked
})();
