/** The script of a replay's page: shows what becomes of it, until that is settled. */
import { follow } from "./live.js";

const progress = document.querySelector("[data-events]");
if (progress instanceof HTMLElement) follow(progress.dataset.events ?? "", ({ ended }) => !ended);
