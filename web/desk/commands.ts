/** All that the desk can be told by a key or by name: the one table behind the keys, their help and the palette. */

/** A key as the browser calls it (`event.key`); '' for what has none. */
export const commands = [
  { id: 'palette', key: ':' },
  { id: 'next', key: 'j' },
  { id: 'previous', key: 'k' },
  { id: 'open', key: 'Enter' },
  { id: 'leave', key: 'Escape' },
  { id: 'find', key: '/' },
  { id: 'claim', key: 'a' },
  { id: 'send', key: 's' },
  { id: 'plan', key: 'p' },
  { id: 'note', key: 'n' },
  { id: 'merge', key: 'm' },
  { id: 'close', key: 'c' },
  { id: 'snooze', key: 'z' },
  { id: 'ask', key: 'q' },
  { id: 'place', key: 'e' },
  { id: 'map', key: 'g' },
  { id: 'undo', key: 'u' },
  { id: 'alarms', key: 'x' },
  { id: 'heard', key: 'h' },
  { id: 'wall', key: 'w' },
  { id: 'layers', key: 'l' },
  { id: 'call', key: 'i' },
  { id: 'outing', key: 'o' },
  { id: 'rounds', key: 'r' },
  { id: 'round', key: 'd' },
  { id: 'look', key: 'f' },
  { id: 'coverage', key: 'v' },
  { id: 'clocks', key: 't' },
  { id: 'print', key: '' },
  { id: 'fullscreen', key: '' },
  { id: 'sound', key: '' },
  { id: 'soundTest', key: '' },
  { id: 'theme', key: '' },
  { id: 'language', key: '' },
  { id: 'tour', key: '' },
  { id: 'help', key: '?' },
] as const;
export type CommandId = (typeof commands)[number]['id'];

/** Why a key or a name does nothing now; the command is then not offered either. */
export interface Command {
  run: () => void;
  /** whether it can be done now; always, unless said */
  when?: () => boolean;
}
/** What each command does; complete, or it does not compile. `open` is the browser's own: Enter presses what has the focus. */
export type Commands = Record<Exclude<CommandId, 'open'>, Command>;
/** Useful only from the keyboard: the palette leaves them out. */
export const keysOnly: readonly CommandId[] = ['palette', 'next', 'previous', 'open', 'leave'];

const RECENT = 'warmpath.commands';
const KEPT = 8;
/** Names of the commands used last, the newest first; of nothing else, so that no place or number stays on the device. */
export function recentCommands(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(RECENT) ?? '[]');
    return Array.isArray(kept) ? kept.filter((each): each is string => typeof each === 'string') : [];
  } catch {
    return [];
  }
}
export function rememberCommand(id: CommandId): void {
  const next = [id, ...recentCommands().filter((each) => each !== id)].slice(0, KEPT);
  try {
    localStorage.setItem(RECENT, JSON.stringify(next));
  } catch {
    // the order is then that of the table
  }
}
