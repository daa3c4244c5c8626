// What every page needs. Each module sets itself up.
import "./theme.js";
import "./times.js";
import "./keys.js";
import "./acts.js";
import "./live.js";
