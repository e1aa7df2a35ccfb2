// What the pages do beyond what they do without a script: prices as the fields change, jobs as they go on.
import "./keys.js";
import { dress } from "./dress.js";
import { compose } from "./composer.js";
import { follow } from "./live.js";
import { watch } from "./gone.js";
import { keepOffline } from "./offline-keeping.js";
import "./line.js";

watch();
keepOffline();
dress(document);
const composer = document.getElementById("composer");
if (composer) compose(composer);
for (const card of document.querySelectorAll("[data-live]")) follow(card);
if (document.querySelector("main > .lightbox")) import("./lightbox.js");
if (document.querySelector("[data-gallery]")) import("./gallery.js");
