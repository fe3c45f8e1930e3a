/** Freezes a value and all within it, except byte arrays, which cannot be frozen. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
