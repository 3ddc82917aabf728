/** Up to two signs that stand for a name: first letters, or the last two characters of a Chinese one. */
export function initials(name: string): string {
  const parts = name.trim().split(/\s+/);
  if (/\p{Script=Han}/u.test(name)) return Array.from(parts.join('')).slice(-2).join('');
  return [parts[0], parts.length > 1 ? parts.at(-1) : undefined]
    .map((part) => Array.from(part ?? '')[0] ?? '')
    .join('')
    .toUpperCase();
}
