// Moments in words: <time datetime="2026-..."> shows "3 min" and grows older by itself; the exact moment is its title.

function span(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.floor(hours / 24)} days`;
}

export function tell(within = document) {
  const now = Date.now();
  for (const each of within.querySelectorAll("time[datetime]")) {
    const at = new Date(each.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const text = each.dataset.as === "clock"
      ? at.toLocaleTimeString([], { hour12: false })
      : `${span((now - at.getTime()) / 1000)}${each.dataset.as === "span" ? "" : " ago"}`;
    if (each.textContent !== text) each.textContent = text;
    each.title = at.toLocaleString();
  }
}

tell();
setInterval(() => { if (!document.hidden) tell(); }, 5000);
