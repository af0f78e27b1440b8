import { Refusal } from '../fail.ts';
import type { Num } from '../value/number.ts';
import { num, object, type Value } from '../value/value.ts';
import { define, type Functions, number, text } from './signature.ts';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const DAY_MS = 86_400_000;

/** A point in time with the offset that it was written with. */
interface Moment {
  /** Milliseconds since the epoch. */
  time: number;
  /** Minutes east of UTC. */
  offset: number;
}

const RFC_3339 = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|([+-])(\d\d):(\d\d))$/;

function parseMoment(written: string): Moment {
  const match = RFC_3339.exec(written);
  if (match !== null) {
    const [, date = '', clock = '', sign, hours = '0', minutes = '0'] = match;
    const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
    const local = new Date(`${date}T${clock}Z`);
    // JavaScript takes February 30 for March 1 or 2.
    if (!Number.isNaN(local.getTime()) && local.toISOString().startsWith(date)) {
      return { time: local.getTime() - offset * 60_000, offset };
    }
  }
  throw new Refusal(`${JSON.stringify(written)} is no time as 2006-01-02T15:04:05Z`);
}

const two = (value: number): string => String(value).padStart(2, '0');

function zone(offset: number, separator: string): string {
  const minutes = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${separator}${two(minutes % 60)}`;
}

function formatMoment({ time, offset }: Moment): string {
  const local = new Date(time + offset * 60_000).toISOString().slice(0, 19);
  return `${local}${offset === 0 ? 'Z' : zone(offset, ':')}`;
}

/** The letters of `formatdate`, as cty's FormatDate has them. */
function dateField(verb: string, { time, offset }: Moment): string | undefined {
  const local = new Date(time + offset * 60_000);
  const month = local.getUTCMonth();
  const hour = local.getUTCHours();
  const half = hour < 12 ? 'AM' : 'PM';
  const name = { month: MONTHS[month] as string, day: DAYS[local.getUTCDay()] as string };
  const fields: Record<string, string> = {
    YYYY: String(local.getUTCFullYear()).padStart(4, '0'),
    YY: two(local.getUTCFullYear() % 100),
    MMMM: name.month,
    MMM: name.month.slice(0, 3),
    MM: two(month + 1),
    M: String(month + 1),
    DD: two(local.getUTCDate()),
    D: String(local.getUTCDate()),
    EEEE: name.day,
    EEE: name.day.slice(0, 3),
    hh: two(hour),
    h: String(hour),
    HH: two(hour % 12 || 12),
    H: String(hour % 12 || 12),
    AA: half,
    aa: half.toLowerCase(),
    mm: two(local.getUTCMinutes()),
    m: String(local.getUTCMinutes()),
    ss: two(local.getUTCSeconds()),
    s: String(local.getUTCSeconds()),
    ZZZZZ: zone(offset, ':'),
    ZZZZ: zone(offset, ''),
    ZZZ: offset === 0 ? 'UTC' : zone(offset, ''),
    Z: offset === 0 ? 'Z' : zone(offset, ':'),
  };
  return fields[verb];
}

function formatDate(format: string, written: string): string {
  const moment = parseMoment(written);
  return format.replace(/'((?:[^']|'')*)'|'|([A-Za-z])\2*/g, (found, quoted?: string) => {
    if (quoted !== undefined) return quoted.replaceAll("''", "'");
    if (found === "'") throw new Refusal('a quote in the format has no end');
    const field = dateField(found, moment);
    if (field === undefined) throw new Refusal(`${found} means nothing in a format: put text in single quotes`);
    return field;
  });
}

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A duration as Go writes it, `1h30m`, in milliseconds. */
function parseDuration(written: string): number {
  const match = /^([+-]?)((?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+|0)$/.exec(written);
  if (match === null) throw new Refusal(`${JSON.stringify(written)} is no duration as 1h30m`);
  const parts = [...(match[2] ?? '').matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)];
  const total = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0);
  return match[1] === '-' ? -total : total;
}

function timeAdd(written: string, duration: string): string {
  const { time, offset } = parseMoment(written);
  const sum = time + parseDuration(duration);
  if (Math.abs(sum) > 8.64e15) throw new Refusal('the result is outside of the calendar');
  return formatMoment({ time: sum, offset });
}

/** The parts of a date and its time of day; the week is that of ISO 8601. */
function describeMoment({ time, offset }: Moment): Value {
  const local = new Date(time + offset * 60_000);
  const day = Math.floor(local.getTime() / DAY_MS);
  const year = local.getUTCFullYear();
  const thursday = new Date((day - ((local.getUTCDay() + 6) % 7) + 3) * DAY_MS);
  const isoYear = thursday.getUTCFullYear();
  const numbers: Record<string, number> = {
    year,
    year_day: day - Math.floor(Date.UTC(year, 0, 1) / DAY_MS) + 1,
    day: local.getUTCDate(),
    month: local.getUTCMonth() + 1,
    weekday: local.getUTCDay(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    unix: Math.floor(time / 1000),
    iso_year: isoYear,
    iso_week: Math.floor((thursday.getTime() - Date.UTC(isoYear, 0, 1)) / DAY_MS / 7) + 1,
  };
  return object([
    ...Object.entries(numbers).map(([name, value]) => [name, num(value)] as const),
    ['month_name', MONTHS[local.getUTCMonth()] as string],
    ['weekday_name', DAYS[local.getUTCDay()] as string],
  ]);
}

function parseUnix(seconds: Num): Value {
  const time = seconds.toInteger('the timestamp') * 1000;
  if (Math.abs(time) > 8.64e15) throw new Refusal('the timestamp is outside of the calendar');
  return describeMoment({ time, offset: 0 });
}

/** One moment for a whole command: a file that is evaluated twice, as it is and as it was, says the same. */
const NOW = Date.now();

export const DATES: Functions = {
  formatdate: define([text('format'), text('time')], formatDate),
  rfc3339parse: define([text('timestamp')], (written: string) => describeMoment(parseMoment(written))),
  timeadd: define([text('timestamp'), text('duration')], timeAdd),
  timestamp: define([], () => formatMoment({ time: NOW, offset: 0 })),
  unixtimestampparse: define([number('unix_timestamp')], parseUnix),
};
