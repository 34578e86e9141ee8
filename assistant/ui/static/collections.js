// The collections: which one the page shows, the others as links, and how one is made and deleted.
(() => {
  "use strict";
  const { make, button } = page;
  const root = make("section", "collection-bar");
  let told = null;

  const links = () => {
    const nav = make("nav", "collection-names");
    nav.setAttribute("aria-label", "Collections");
    nav.append(...told.collections.map((name) => page.collectionLink(name, told, "collection-name")));
    return nav;
  };

  // A field with what it is for, a button that does it, one that does not, and a line that says what went wrong.
  const form = ({ label, act, isReady, done, name }) => {
    const box = make("form", "collection-form");
    const field = make("input");
    field.type = "text";
    field.maxLength = 64;
    field.autocomplete = "off";
    field.spellcheck = false;
    const words = make("label", "", label);
    words.append(field);
    const doing = make("button", name, act);
    doing.type = "submit";
    doing.disabled = true;
    const problem = make("p", "problem");
    problem.setAttribute("role", "alert");
    const leave = () => {
      draw();
      root.querySelector(`.${name}-begin`)?.focus();
    };
    field.addEventListener("input", () => { doing.disabled = !isReady(field.value.trim()); });
    box.addEventListener("keydown", (event) => { if (event.key === "Escape") leave(); });
    box.addEventListener("submit", async (event) => {
      event.preventDefault();
      doing.disabled = true;
      problem.textContent = "";
      const slow = setTimeout(() => { problem.textContent = "Working …"; }, 300);
      try {
        await done(field.value.trim());
      } catch (error) {
        problem.textContent = error.message;
        doing.disabled = false;
      } finally {
        clearTimeout(slow);
      }
    });
    box.append(words, doing, button("plain", "Cancel", "", leave), problem);
    root.querySelector(".collection-form")?.remove();
    root.append(box);
    field.focus();
  };

  const create = () => form({
    label: "Name of the new collection: letters, digits, - and _",
    act: "Create",
    name: "create-collection",
    isReady: (name) => /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(name),
    done: async (name) => {
      const body = JSON.stringify({ name });
      await page.call("v1/collections", {}, { method: "POST", body, headers: { "content-type": "application/json" } });
      location.assign(page.collectionLink(name, told).href);
    },
  });

  const remove = () => form({
    label: `Type ${told.collection} to delete it with everything in it`,
    act: "Delete for good",
    name: "delete-collection",
    isReady: (name) => name === told.collection,
    done: async (name) => {
      await page.call(`v1/collections/${name}`, {}, { method: "DELETE" });
      location.assign(location.pathname);
    },
  });

  const draw = () => {
    root.setAttribute("aria-label", "Collections");
    const acts = make("div", "collection-acts");
    if (told.writes) {
      acts.append(button("plain create-collection-begin", "New collection", "", create));
      const deleting = button("plain delete-collection-begin", "Delete this collection", "", remove);
      deleting.disabled = told.is_default;
      acts.append(deleting);
    }
    const line = make("div", "collection-line");
    line.append(make("span", "collection-title", "Collection"), links(), acts);
    root.replaceChildren(line);
    if (told.writes && told.is_default) {
      root.append(make("p", "collection-why", "This collection is the one that opens when none is named, so it cannot be deleted."));
    }
  };

  page.start().then((started) => {
    told = started;
    draw();
    page.keepIn("#documents .collections", root);
  }).catch(() => {});  // the list says that the server does not answer
})();
