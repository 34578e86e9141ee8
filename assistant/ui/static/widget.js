// The chat on another site's page: a round button that opens a frame with our own page in it. Nothing of the answers
// comes here, so nothing on the site's page can read them; the two pages tell each other only to open and to close.
(() => {
  "use strict";
  const script = document.currentScript;
  const { collection = "", token = "", theme = "" } = script.dataset;
  const title = script.dataset.title || "Ask the documents";
  const address = new URL("widget", script.src);
  if (collection) address.searchParams.set("collection", collection);
  const SECONDS_TO_ANSWER = 5;
  const STYLE = `
    :host { all: initial; }
    @media print { :host { display: none; } }
    * { box-sizing: border-box; }
    button, section { position: fixed; right: max(20px, env(safe-area-inset-right)); z-index: 2147483000; }
    button { bottom: max(20px, env(safe-area-inset-bottom)); width: 56px; height: 56px; padding: 0; border: 0;
      border-radius: 50%; background: #0f6a62; color: #fff; cursor: pointer;
      box-shadow: 0 2px 6px rgb(0 0 0 / .25), 0 6px 20px rgb(0 0 0 / .2); transition: background .15s, transform .15s; }
    button:hover { background: #0b544e; transform: translateY(-1px); }
    button:focus-visible { outline: 3px solid #0f6a62; outline-offset: 3px; box-shadow: 0 0 0 3px #fff; }
    svg { display: block; width: 28px; height: 28px; margin: auto; fill: none; stroke: currentColor; stroke-width: 2.2;
      stroke-linecap: round; stroke-linejoin: round; }
    .shut, [aria-expanded=true] .opens { display: none; }
    [aria-expanded=true] .shut { display: block; }
    section { bottom: 88px; width: min(420px, calc(100vw - 40px)); height: min(680px, calc(100dvh - 108px));
      overflow: hidden; border-radius: 16px; background: #fff; color: #1d2329;
      box-shadow: 0 0 0 1px rgb(0 0 0 / .1), 0 12px 48px rgb(0 0 0 / .3); animation: rise .16s ease-out; }
    section.is-dark { background: #1b1f24; color: #e7eaee; box-shadow: 0 0 0 1px #333a42, 0 12px 48px rgb(0 0 0 / .6); }
    [hidden] { display: none !important; }
    iframe { display: block; width: 100%; height: 100%; border: 0; color-scheme: light dark; }
    p { position: absolute; inset: 0; margin: 0; padding: 24px; background: inherit;
      font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif; }
    @keyframes rise { from { opacity: 0; transform: translateY(8px); } }
    @media (max-width: 520px), (max-height: 420px) {
      section { inset: 0; width: auto; height: auto; border-radius: 0; }
      section.is-up:not([hidden]) + button { visibility: hidden; }
    }
    @media (prefers-reduced-motion: reduce) { section { animation: none; } button { transition: none; } }`;

  const drawn = (kind, paths) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 28 28");
    svg.setAttribute("class", kind);
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", paths);
    svg.append(path);
    return svg;
  };

  const place = document.createElement("div");
  const inside = place.attachShadow({ mode: "closed" });
  const sheet = new CSSStyleSheet();  // Not a style element, which the site's own policy could forbid.
  sheet.replaceSync(STYLE);
  inside.adoptedStyleSheets = [sheet];

  const button = document.createElement("button");
  button.type = "button";
  button.append(
    drawn("opens", "M5 5.5h18a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H13l-5.5 4.5v-4.5H5a2 2 0 0 1-2-2v-10a2 2 0 0 1 2-2zM8.5 10.5h11M8.5 14.5h7"),
    drawn("shut", "M7.5 7.5l13 13M20.5 7.5l-13 13"),
  );
  const panel = document.createElement("section");
  panel.hidden = true;
  panel.setAttribute("aria-label", title);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const colour = () => panel.classList.toggle("is-dark", theme === "dark" || (theme !== "light" && dark.matches));
  colour();
  dark.addEventListener("change", colour);
  inside.append(panel, button);

  let frame = null;
  let silence = null;
  const tell = () => frame.contentWindow.postMessage({ assistant: "open", title, token, theme }, address.origin);

  const build = () => {
    frame = document.createElement("iframe");
    frame.title = title;
    frame.referrerPolicy = "no-referrer";
    // Its links open in new tabs, and it can do nothing else to the page around it.
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox");
    silence = document.createElement("p");
    silence.hidden = true;
    silence.setAttribute("role", "alert");
    frame.addEventListener("load", () => {
      tell();
      setTimeout(() => {
        if (panel.classList.contains("is-up")) return;
        silence.textContent = "The assistant does not answer on this page: it is not running, or its setting allowed_origins does not name this site.";
        silence.hidden = false;
      }, SECONDS_TO_ANSWER * 1_000);
    });
    frame.src = address.href;
    panel.append(frame, silence);
  };

  const show = (isOpen) => {
    panel.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
    button.setAttribute("aria-label", isOpen ? `Close: ${title}` : title);
    button.title = isOpen ? "" : title;
    if (!isOpen) button.focus();
    else if (!frame) build();
    else {
      tell();
      frame.focus();
    }
  };

  button.addEventListener("click", () => show(panel.hidden));
  inside.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) show(false);
  });
  addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== address.origin) return;
    if (event.data?.assistant === "opened") {
      panel.classList.add("is-up");
      silence.hidden = true;
      if (!panel.hidden) frame.focus();
    } else if (event.data?.assistant === "close") show(false);
  });

  const start = () => {
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-label", title);
    button.title = title;
    document.body.append(place);
  };
  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
