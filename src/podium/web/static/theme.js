// The palette: what the system says, unless the person chose one. A cookie, so that the server sends it with the page.
const ORDER = ["", "light", "dark"];
