const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_HOUR = 3600;
const SECONDS_PER_DAY = 86_400;

/** A count with separators, such as `1,234,567`. */
export function formatCount(count: number | bigint): string {
  return count.toLocaleString("en-US");
}

/** A count of something, such as `1 account` and `2,000 accounts`. */
export function formatAmount(count: number | bigint, noun: string): string {
  return `${formatCount(count)} ${noun}${BigInt(count) === 1n ? "" : "s"}`;
}

/** A rate: whole numbers, with one decimal below 10, such as `12,345` and `3.2`. */
export function formatRate(perSecond: number): string {
  if (perSecond >= 9.95 || perSecond === 0) return formatCount(Math.round(perSecond));
  return perSecond.toFixed(1);
}

/** A duration in its two largest units, such as `7s`, `1m 05s`, `2h 03m` and `3d 04h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const days = Math.floor(whole / SECONDS_PER_DAY);
  const hours = Math.floor((whole % SECONDS_PER_DAY) / SECONDS_PER_HOUR);
  const minutes = Math.floor((whole % SECONDS_PER_HOUR) / SECONDS_PER_MINUTE);
  if (days > 0) return `${days}d ${twoDigits(hours)}h`;
  if (hours > 0) return `${hours}h ${twoDigits(minutes)}m`;
  if (minutes > 0) return `${minutes}m ${twoDigits(whole % SECONDS_PER_MINUTE)}s`;
  return `${whole}s`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
