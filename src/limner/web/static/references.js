// Pictures to start from: dropped, pasted, browsed for, or dragged over from the results. What is wrong with a file is
// said with its name, and changes nothing.
const OWN = /\/images\/([0-9a-f-]{36})/;

// `zone` is where they may be dropped, `home` where the focus goes when a tile has gone.
export function gather(form, changed, { zone = form, home } = {}) {
  const part = (name) => form.querySelector(`[data-part=${name}]`);
  const list = part("references");
  const well = part("drop");
  const browse = well.querySelector("input");
  const said = form.dataset;
  let going = Promise.resolve();

  const has = (id) => [...list.querySelectorAll("[name=reference]")].some((each) => each.value === id);

  const add = (id, alt = "") => {
    if (has(id)) return;
    const tile = form.querySelector("template[data-part=reference]").content.firstElementChild.cloneNode(true);
    tile.querySelector("input").value = id;
    const role = tile.querySelector("select");
    if (role) role.name = `role-${id}`;
    const image = tile.querySelector("img");
    image.alt = alt;
    image.addEventListener("error", () => tile.remove());
    image.src = `${said.images}/${id}/thumbnail?edge=256`;
    list.insertBefore(tile, list.contains(well) ? well : null);
  };

  const refuse = (text) => {
    const alert = form.querySelector("#trouble").cloneNode(true);
    alert.removeAttribute("id");
    alert.hidden = false;
    alert.querySelector("p").textContent = text;
    part("refused").append(alert);
  };

  const upload = (file) =>
    new Promise((resolve) => {
      const request = new XMLHttpRequest();
      const body = new FormData();
      body.set("file", file, file.name || "pasted.png");
      const meter = part("uploading");
      meter.hidden = false;
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        const percent = Math.round((loaded / total) * 100);
        meter.style.setProperty("--at", `${percent}%`);
        meter.setAttribute("aria-valuenow", percent);
      });
      request.addEventListener("loadend", () => {
        meter.hidden = true;
        resolve(request);
      });
      request.open("POST", said.images);
      request.responseType = "json";
      request.send(body);
    });

  const bring = async (file) => {
    const size = Math.round(file.size / 1_000_000);
    const limit = Number(said.megabytes);
    if (file.size > limit * 1_000_000) {
      return refuse(said.tooLarge.replace("{name}", file.name).replace("{size}", size).replace("{limit}", limit));
    }
    const { status, response } = await upload(file);
    if (response?.image) {
      add(response.image.id, response.image.prompt);
      changed();
    } else if (status === 401) refuse(said.signedOut);
    else refuse(naming(file.name, response?.detail ?? said.unreachable));
  };

  const naming = (name, text) => (text.includes(name) ? text : `${name}: ${text}`);

  const take = (files) => {
    part("refused").replaceChildren();
    for (const file of files) going = going.then(() => bring(file));
  };

  browse.addEventListener("change", () => {
    take([...browse.files]);
    browse.value = "";
  });
  for (const button of list.querySelectorAll("[data-part=remove]")) button.hidden = false;
  list.addEventListener("click", (event) => {
    const tile = event.target.closest("[data-part=remove]")?.closest(".ref");
    if (!tile) return;
    tile.remove();
    changed();
    (home ?? browse).focus();
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    take(files);
  });
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    well.classList.add("over");
  });
  zone.addEventListener("dragleave", (event) => {
    if (!zone.contains(event.relatedTarget)) well.classList.remove("over");
  });
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    well.classList.remove("over");
    const files = [...event.dataTransfer.files];
    const own = OWN.exec(event.dataTransfer.getData("text/uri-list") ?? "");
    if (own && new URL(event.dataTransfer.getData("text/uri-list")).origin === location.origin) {
      add(own[1]);
      changed();
    } else take(files);
  });
  return { add, settled: () => going };
}
