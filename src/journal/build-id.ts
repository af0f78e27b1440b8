import { randomBytes } from 'node:crypto';

const ID = /^(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})(\d{2})(\d{3})-[0-9a-f]{4}$/;

/** The name of a build: names in the order of text are in the order of time (UTC). */
export function newBuildId(time: number): string {
  const digits = new Date(time).toISOString().replace(/[^\d]/g, '');
  return `${digits.slice(0, 8)}-${digits.slice(8, 17)}-${randomBytes(2).toString('hex')}`;
}

export function isBuildId(text: string): boolean {
  return ID.test(text);
}

/** When a build began, in milliseconds since the epoch, as its name says. */
export function timeOfBuildId(id: string): number {
  const [, year, month, day, hour, minute, second, millisecond] = ID.exec(id) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millisecond}Z`);
}
