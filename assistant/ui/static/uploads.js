// Adding documents: the chosen files go to the server in parts, and its jobs are followed until each file is done.
(() => {
  "use strict";
  const { make, button, number, counted } = page;
  const MEGABYTE = 1_000_000;
  const BATCH_BYTES = 8 * MEGABYTE;  // of one request, so that indexing begins before all is sent
  const BATCH_FILES = 50;
  const ENDED = new Set(["done", "failed", "cancelled"]);
  const WORK = new Set(["added", "updated"]);
  const SIGNS = { added: "+", updated: "↻", unchanged: "=", failed: "✕", refused: "✕", cancelled: "–" };
  const UNSENT = "It could not be sent; see whether the file is still there and the assistant still runs, then try again.";
  const LOST = "The assistant was restarted meanwhile; look below whether it is there, and add it again if not.";

  let told = null;  // what page.start() says
  let rows = new Map();  // by name, in the order in which they came
  let jobs = new Map();  // the server's, by id, in the order of their turns
  let unsent = [];
  let sending = null;  // the request that is under way
  let isStopped = false;
  let isFollowing = false;
  let problem = "";

  // --- what is there to see

  const root = make("section", "sent-files");
  const state = make("p", "upload-state");
  const bar = make("progress", "upload-bar");
  const list = make("ul", "uploads");
  const said = make("p", "only-heard");
  const running = make("div", "upload-running");
  const cancel = button("plain", "Cancel", "Cancel adding documents", () => stop());
  const clear = button("plain", "Clear list", "", () => {
    forget();
    document.querySelector("#documents .choose").focus();
  });

  const build = () => {
    root.setAttribute("aria-label", "Files that are added");
    said.setAttribute("role", "status");
    bar.setAttribute("aria-label", "Files indexed");
    bar.max = 1;
    list.setAttribute("aria-label", "Files");
    const line = make("div", "upload-line");
    line.append(state, cancel, clear);
    running.append(line, bar, list);
    running.hidden = true;
    root.append(running, said);
  };

  const WORDS = { waiting: "waiting", indexing: "being indexed", refused: "not sent" };

  const show = (row, now, note = "") => {
    if (row.state === now && row.note === note) return;
    row.state = now;
    row.note = note;
    if (!row.item) {
      row.item = make("li");
      list.append(row.item);
    }
    row.item.className = now;
    const parts = [make("span", now === "indexing" || now === "uploading" ? "sign dots" : "sign", SIGNS[now] ?? "…"), make("span", "name", row.name), make("span", "what", WORDS[now] ?? now)];
    const because = now === "uploading" ? ` ${note}` : note && `: ${note}`;
    if (because) parts.push(make("span", "why", because));
    row.item.replaceChildren(...parts.flatMap((part, place) => (place && part.className !== "why" ? [" ", part] : [part])));
  };

  const of = (...states) => [...rows.values()].filter((row) => states.includes(row.state));
  const isBusy = () => unsent.length > 0 || sending !== null || [...jobs.values()].some((job) => !ENDED.has(job.state));

  const left = (seconds) => {
    if (seconds < 8) return "a few seconds left";
    if (seconds < 100) return `about ${Math.round(seconds / 5) * 5} s left`;
    if (seconds < 5_400) return `about ${Math.round(seconds / 60)} min left`;
    return `about ${Math.round(seconds / 3_600)} h left`;
  };

  // How far all is, and how long it will take: by the bytes a second so far, once there were enough.
  const progress = () => {
    const all = [...jobs.values()];
    const sum = (values) => values.reduce((one, other) => one + other, 0);
    const done = sum(all.map((job) => (ENDED.has(job.state) ? job.bytes_total : job.bytes_done)));
    const still = sum(unsent.map((row) => row.size)) + (sending?.bytes ?? 0);
    const total = sum(all.map((job) => job.bytes_total)) + still;
    const seconds = sum(all.map((job) => job.seconds));
    const cheap = sum(all.flatMap((job) => job.files).filter(({ outcome }) => !WORK.has(outcome)).map(({ size }) => size));
    const worked = sum(all.map((job) => job.bytes_done)) - cheap;  // what took time: the rest says nothing of what is to come
    const rate = seconds > 2 && worked > total / 100 ? worked / seconds : 0;
    return { part: total ? done / total : 0, seconds: rate ? (total - done) / rate : null };
  };

  const draw = () => {
    const busy = isBusy();
    running.hidden = !rows.size && !busy;
    cancel.hidden = !busy;
    clear.hidden = busy;
    bar.hidden = !busy;
    if (running.hidden) return;
    const ended = of("added", "updated", "unchanged", "failed", "cancelled").length;
    const total = rows.size - of("refused").length;
    if (busy) {
      const { part, seconds } = progress();
      bar.value = part;
      const when = seconds === null || isStopped ? "" : `, ${left(seconds)}`;
      const stopping = isStopped ? "Stopping … " : "";
      state.textContent = `${stopping}File ${number(Math.min(ended + 1, total))} of ${number(total)}${when}`;
    } else state.textContent = summary();
    if (problem) state.textContent += ` · ${problem}`;
  };

  const summary = () => {
    const good = of("added", "updated", "unchanged").length;
    const bad = [[of("failed").length, "failed"], [of("cancelled").length, "cancelled"], [of("refused").length, "not sent"]];
    const rest = bad.filter(([count]) => count).map(([count, what]) => `, ${number(count)} ${what}`).join("");
    return `${of("cancelled").length ? "Stopped" : "Done"}: ${counted(good, "file is", "files are")} in the collection${rest}.`;
  };

  // What is heard is how it began and how it ended, and not every step.
  const announce = (sentence) => { said.textContent = sentence; };

  // --- what is sent, and what is not

  const begin = () => {
    if (!isBusy()) forget();
    isStopped = false;
    problem = "";
  };

  const forget = () => {
    rows = new Map();
    jobs = new Map();
    list.replaceChildren();
    remember();
    draw();
  };

  const add = (found) => {
    begin();
    for (const { file, name, reason } of found) {
      const before = rows.get(name);
      if (before?.state === "waiting") continue;
      before?.item.remove();
      const row = { name, file, size: file.size };
      rows.delete(name);
      rows.set(name, row);
      show(row, reason ? "refused" : "waiting", reason);
      if (!reason) unsent.push(row);
    }
    announce(unsent.length ? `Adding ${counted(unsent.length, "file")}.` : summary());
    draw();
    send();
  };

  // --- sending

  const batch = () => {
    const most = Math.min(BATCH_BYTES, (told.max_request_megabytes - 0.5) * MEGABYTE);
    const taken = [];
    let bytes = 0;
    while (unsent.length && taken.length < BATCH_FILES) {
      const size = unsent[0].size + 2_000;  // with what stands around it
      if (taken.length && bytes + size > most) break;
      bytes += size;
      taken.push(unsent.shift());
    }
    return { taken, bytes };
  };

  // Gives the job, or throws an error with a sentence; not by fetch, which tells nothing of how much is sent.
  const post = (current) => new Promise((resolve, reject) => {
    const form = new FormData();
    for (const row of current.taken) form.append("files", row.file, row.name);
    const request = new XMLHttpRequest();
    current.request = request;
    request.open("POST", page.address("v1/documents"));
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      const percent = `${Math.floor((100 * loaded) / Math.max(total, 1))}%`;
      for (const row of current.taken) show(row, "uploading", percent);
    });
    request.addEventListener("load", () => {
      if (request.status < 300 && request.response?.id) return resolve(request.response);
      const wait = Number(request.getResponseHeader("retry-after"));
      reject(Object.assign(new Error(request.response?.detail || UNSENT), { wait: request.status === 429 || request.status === 503 ? wait : 0 }));
    });
    request.addEventListener("error", () => reject(Object.assign(new Error(UNSENT), { isLost: true })));
    request.addEventListener("abort", () => reject(new Error("")));
    request.send(form);
  });

  const pause = (seconds) => new Promise((resolve) => { setTimeout(resolve, 1_000 * seconds); });

  const patiently = async (current) => {
    for (;;) {
      try {
        return await post(current);
      } catch (error) {
        if (!error.wait || isStopped) throw error;
        await pause(Math.min(error.wait, 60));
        if (isStopped) throw error;
      }
    }
  };

  const send = async () => {
    while (unsent.length && sending === null) {
      const current = batch();
      sending = current;
      try {
        const job = await patiently(current);
        jobs.set(job.id, job);
        for (const row of current.taken) row.job = job.id;
        remember();
        take(job);
        if (isStopped) end(job.id);
        follow();
      } catch (error) {
        for (const row of current.taken) show(row, isStopped ? "cancelled" : "failed", isStopped ? "" : error.message);
        if (error.isLost) for (const row of unsent.splice(0)) show(row, "failed", error.message);
      }
      sending = null;
      draw();
    }
    finish();
  };

  const stop = () => {
    isStopped = true;
    for (const row of unsent.splice(0)) show(row, "cancelled");
    sending?.request?.abort();
    for (const job of jobs.values()) if (!ENDED.has(job.state)) end(job.id);
    draw();
  };
  const end = (id) => {
    page.call(`v1/jobs/${id}`, {}, { method: "DELETE" }).catch((error) => {
      problem = error.message;
      draw();
    });
  };

  // --- following the jobs; their ids outlast a reload of the page

  const remember = () => sessionStorage.setItem(`jobs:${told.scope}`, JSON.stringify([...jobs.keys()]));
  const remembered = () => {
    try {
      return new Set(JSON.parse(sessionStorage.getItem(`jobs:${told.scope}`)));
    } catch {
      return new Set();
    }
  };

  const rowOf = (job, name) => {
    const there = rows.get(name);
    if (there) return there.job === job.id ? there : null;  // the same name was added again since
    const row = { name, size: 0, job: job.id };
    rows.set(name, row);
    return row;
  };

  const take = (job) => {
    const before = jobs.get(job.id);
    jobs.set(job.id, job);
    for (const each of job.files) {
      const row = rowOf(job, each.name);
      if (row) show(row, each.outcome, each.reason);
    }
    const turn = job.waiting.indexOf(job.now);
    job.waiting.forEach((name, place) => {
      const row = rowOf(job, name);
      if (!row) return;
      if (job.state === "failed") show(row, "failed", job.problem);
      else if (job.state === "cancelled") show(row, "cancelled");
      else show(row, place <= turn ? "indexing" : "waiting");
    });
    if (ENDED.has(job.state)) leaveNoneOpen(job);
    if (job.files.length > (before?.files.length ?? 0)) changed();
  };

  // A file that the server had to call by another name.
  const leaveNoneOpen = (job) => {
    for (const row of of("waiting", "uploading", "indexing")) {
      if (row.job === job.id) show(row, "failed", "It could not be kept under this name; shorten it and add it again.");
    }
  };

  let changing = null;
  const changed = () => {
    changing ??= setTimeout(() => {
      changing = null;
      document.dispatchEvent(new Event("collection-changed"));
    }, 1_000);
  };

  const follow = async () => {
    if (isFollowing) return;
    isFollowing = true;
    const began = Date.now();
    for (;;) {
      const job = [...jobs.values()].find((each) => !ENDED.has(each.state));
      if (!job) break;
      try {
        take(await page.call(`v1/jobs/${job.id}`));
        problem = "";
      } catch (error) {
        if (error.status === 404) {
          for (const row of rows.values()) if (row.job === job.id && !SIGNS[row.state]) show(row, "failed", LOST);
          jobs.set(job.id, { ...job, state: "failed" });
        } else problem = error.message;
      }
      draw();
      const seconds = (Date.now() - began) / 1_000;
      await pause(problem || seconds > 300 ? 2 : seconds > 30 ? 1 : 0.4);
    }
    isFollowing = false;
    finish();
  };

  const finish = () => {
    draw();
    if (isBusy() || !rows.size) return;
    announce(summary());
    if (jobs.size) changed();
  };

  const resume = async () => {
    const { jobs: found } = await page.call("v1/jobs", { collection: told.collection, limit: 1_000 });
    const known = remembered();
    for (const job of found.reverse()) {
      if (!known.has(job.id) && ENDED.has(job.state)) continue;
      jobs.set(job.id, job);
      take(job);
    }
    draw();
    if (jobs.size) follow();
  };

  // What the server has goes on without the page; what is not sent yet would be lost.
  addEventListener("beforeunload", (event) => { if (unsent.length || sending) event.preventDefault(); });
  document.addEventListener("files-chosen", ({ detail }) => { if (told?.writes) add(detail); });
  page.start().then((started) => {
    told = started;
    if (!told.writes) return;
    build();
    page.keepIn("#documents .adding", root);
    resume().catch(() => {});  // The list below says that the server does not answer.
  }).catch(() => {});
})();
