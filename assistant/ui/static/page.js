// What the page's scripts share: the collection that the address names, how an element is made, and where things are.
globalThis.page = (() => {
  "use strict";
  const collection = new URLSearchParams(location.search).get("collection") ?? "";

  // An address of this server, relative to the page, with its collection.
  const address = (path, values = {}) => {
    const query = new URLSearchParams(collection ? { collection, ...values } : values).toString();
    return query ? `${path}?${query}` : path;
  };

  const SILENT = "The assistant does not answer; see whether it is still running, then try again.";

  // A request of this server; what goes wrong is thrown as an error whose message is a sentence for the person.
  const call = async (path, values = {}, options = {}) => {
    let answer;
    try {
      answer = await fetch(address(path, values), { credentials: "same-origin", ...options });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Error(SILENT);
    }
    const isJson = /^application\/(problem\+)?json/.test(answer.headers.get("content-type") ?? "");
    const content = isJson ? await answer.json() : await answer.text();
    if (!answer.ok) {
      const wait = Number(answer.headers.get("retry-after"));  // seconds after which it may go well
      throw Object.assign(new Error(isJson ? content.detail : content), { status: answer.status, wait });
    }
    return content;
  };

  // What the server says of the collection and of what may be done in it; asked once, and anew after a change.
  let started = null;
  const start = (anew = false) => {
    if (anew || !started) started = call("start");
    return started;
  };

  // A link to another collection's page.
  const collectionLink = (name, told, className = "") => {
    const link = make("a", className, name);
    link.href = name === told.default ? location.pathname : `${location.pathname}?${new URLSearchParams({ collection: name })}`;
    if (name === told.collection) link.setAttribute("aria-current", "page");
    return link;
  };

  // Numbers as they are read, alone or with what is counted.
  const number = (value) => value.toLocaleString("en");
  const counted = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

  const make = (tag, className = "", text = "") => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.textContent = text;
    return made;
  };
  const button = (className, text, name, act) => {
    const made = make("button", className, text);
    made.type = "button";
    if (name) made.setAttribute("aria-label", name);
    made.addEventListener("click", act);
    return made;
  };

  // A picture of lines on a grid of 24.
  const icon = (lines) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    made.setAttribute("viewBox", "0 0 24 24");
    made.setAttribute("aria-hidden", "true");
    made.classList.add("icon");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", lines);
    made.append(path);
    return made;
  };
  // A button that shows a picture in place of its name.
  const iconButton = (className, lines, name, act) => {
    const made = button(`icon-button ${className}`, "", name, act);
    made.title = name;
    made.append(icon(lines));
    return made;
  };

  const tabs = () => [...document.querySelectorAll(".sections [role=tab]")];
  const openTab = (name) => { tabs().find((tab) => tab.textContent.trim() === name)?.click(); };
  const tab = () => tabs().find((each) => each.ariaSelected === "true")?.textContent.trim() ?? "";

  // Copies a text, and says whether it could.
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Without leave, or on an address that is not loopback: the old way.
      const field = make("textarea", "only-heard");
      field.value = text;
      document.body.append(field);
      field.select();
      const isDone = document.execCommand("copy");
      field.remove();
      return isDone;
    }
  };

  // Whether what is typed goes into a field.
  const isTyping = () => document.activeElement?.matches("input, textarea, select, [contenteditable]") ?? false;

  // Escape closes the top-most thing: of those that are open, the one with the highest rank. `close` says whether it did.
  const closers = [];
  const onEscape = (rank, close) => {
    closers.push({ rank, close });
    closers.sort((one, other) => other.rank - one.rank);
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], :popover-open")) return;
    if (closers.some(({ close }) => close())) event.preventDefault();
  });

  // Sets what is in a box of Gradio's and tells it so.
  const fill = (box, text) => {
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };

  // What is in a tab that is opened for the first time is only made then.
  const found = async (selector) => {
    for (let tries = 0; tries < 200; tries++) {
      const element = document.querySelector(selector);
      if (element) return element;
      await new Promise((done) => setTimeout(done, 25));
    }
    throw new Error(`There is no ${selector} on this page.`);
  };

  // Writes a text into a box on a tab and presses the button beside it, as a person would.
  const submit = async (tab, box, text, press) => {
    openTab(tab);
    fill(await found(box), text);
    await new Promise((done) => setTimeout(done, 50));  // the box tells Gradio of its value first
    document.querySelector(press).click();
  };
  const ask = (question) => submit("Chat", "#question textarea", question, "#ask");
  const check = (text) => submit("Check", "#text textarea", text, "#check");

  // Calls back, at once and then soon after anything of the page has changed.
  const watch = (look) => {
    let pending = false;
    const later = () => {
      if (pending) return;
      pending = true;
      setTimeout(() => { pending = false; look(); }, 16);  // not with the next frame, of which a page in the background has none
    };
    const begin = () => {
      new MutationObserver(later).observe(document.body, { childList: true, subtree: true, characterData: true });
      look();
    };
    if (document.body) begin();
    else document.addEventListener("DOMContentLoaded", begin);
  };

  // Has an element stand in a place that Gradio makes, whenever it does: as the last thing of it, or the first.
  const keepIn = (selector, element, isFirst = false) => watch(() => {
    const place = document.querySelector(selector);
    if (place && element.parentElement !== place) place[isFirst ? "prepend" : "append"](element);
  });

  // Markdown of this server with its links, which are relative, for another place. A text of a document or a person
  // cannot hold "](": each of its brackets stands behind a backslash.
  const linked = (markdown) => markdown.replaceAll("](d/", `](${new URL("d/", document.baseURI)}`);

  // Gives the person a text as a file.
  const save = (text, type, name) => {
    const link = make("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };

  // Tells a screen reader what has happened, in a place that stays, since Gradio writes its own places anew.
  const voice = make("div", "only-heard");
  voice.setAttribute("role", "status");
  const tell = (sentence) => {
    if (!voice.isConnected) document.body.append(voice);
    voice.textContent = "";
    setTimeout(() => { voice.textContent = sentence; }, 100);  // the same sentence twice is said twice
  };

  return Object.freeze({
    SILENT, collection, address, call, start, collectionLink, number, counted, make, button, icon, iconButton, openTab, tab, copy,
    isTyping, onEscape, fill, ask, check, watch, keepIn, linked, save, tell,
  });
})();
