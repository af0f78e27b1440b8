import { isIP } from 'node:net';
import { TsbuildError } from '../base/error.ts';

/** A port to publish; 0 is any free one of this machine. */
export interface PortRequest {
  address: string;
  hostPort: number;
  port: number;
  protocol: 'tcp' | 'udp';
}

/** Ports are for this machine alone unless an address is given. */
const LOOPBACK = '127.0.0.1';
const MAX_PORT = 65_535;
const MAX_RANGE = 1000;

/** `[[ADDRESS:]HOST:]CONTAINER[/udp]`; HOST and CONTAINER may be ranges of the same length. */
export function parsePort(text: string): PortRequest[] {
  const [, rest = '', protocol = 'tcp'] = /^(.*?)(?:\/([a-z]+))?$/s.exec(text) ?? [];
  const [, bracketed, plain, hostText = '', portText = ''] =
    /^(?:(?:\[([^\]]*)\]|([^:]*)):(?=[^:]*:))?(?:([^:]*):)?([^:]+)$/.exec(rest) ?? [];
  if (protocol !== 'tcp' && protocol !== 'udp') throw invalid(text, `${protocol} is neither tcp nor udp`);
  const address = bracketed ?? (plain || LOOPBACK);
  if (isIP(address) === 0) throw invalid(text, `${address} is no IP address`);
  const ports = rangeOf(portText, text);
  const hosts = hostText === '' ? ports.map(() => 0) : rangeOf(hostText, text);
  if (hosts.length !== ports.length) throw invalid(text, 'the two ranges differ in length');
  return ports.map((port, index) => ({ address, hostPort: hosts[index] as number, port, protocol }));
}

function rangeOf(text: string, whole: string): number[] {
  const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === '') throw invalid(whole, `${JSON.stringify(text)} is no port`);
  if (from < 1 || to > MAX_PORT || to < from) throw invalid(whole, `ports go from 1 to ${MAX_PORT}`);
  if (to - from >= MAX_RANGE) throw invalid(whole, `more than ${MAX_RANGE} ports`);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function invalid(text: string, problem: string): TsbuildError {
  return new TsbuildError('USAGE', `--publish ${text}: ${problem}`, {
    hint: 'write [[ADDRESS:]PORT:]PORT[/udp], e.g. 8080:80 or 127.0.0.1:8080:80',
  });
}
