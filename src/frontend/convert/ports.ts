import { TsbuildError } from '../../base/error.ts';

/** `[address:][host port:]port`, of which the port of the container counts; an address may be in brackets. */
const MAPPING = /^(?:(?:(?:\[[0-9a-fA-F:.]+\]|\d+(?:\.\d+){3}):)?(?:\d+(?:-\d+)?)?:)?([^:]*)$/;
const FORM = /^(\d+)(?:-(\d+))?(?:\/([a-zA-Z]*))?$/;
const PROTOCOLS = ['tcp', 'udp', 'sctp'];
const MAX_PORT = 65535;

/**
 * `8000-8002/UDP` is `8000/udp`, `8001/udp` and `8002/udp`; without a protocol it is tcp. Addresses and host ports are
 * dropped, as by the reference builder; the check ExposeInvalidFormat warns of them.
 */
export function parsePorts(text: string): string[] {
  const match = FORM.exec(MAPPING.exec(text)?.[1] ?? text);
  if (match === null) {
    throw new TsbuildError('INVALID', `EXPOSE ${text} is not a port`, {
      hint: 'write PORT, PORT/udp or FIRST-LAST; addresses and host ports are given where a container is run',
    });
  }
  const [, first = '', last = first, written] = match;
  const protocol = written || 'tcp';
  const from = Number(first);
  const to = Number(last);
  if (!PROTOCOLS.includes(protocol.toLowerCase())) {
    throw new TsbuildError('INVALID', `EXPOSE ${text}: unknown protocol ${protocol}`, {
      hint: `use ${PROTOCOLS.join(', ')}`,
    });
  }
  if (to > MAX_PORT || from > to) {
    throw new TsbuildError('INVALID', `EXPOSE ${text} is outside of 0 to ${MAX_PORT}, or ends before it begins`);
  }
  return Array.from({ length: to - from + 1 }, (_, index) => `${from + index}/${protocol.toLowerCase()}`);
}
