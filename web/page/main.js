// The page at /: everything live, by the public GraphQL API alone.
import { render } from "preact";
import { openAddressed } from "./address.js";
import { tick } from "./clock.js";
import { connect } from "./feed.js";
import { html } from "./html.js";
import { listenToKeys } from "./keys.js";
import { Page, showTitle } from "./page.js";
import { showPreferences } from "./preferences.js";

showPreferences();
showTitle();
tick();
listenToKeys();
connect();
openAddressed();
render(html`<${Page} />`, document.getElementById("page"));
