import { isIPv4, isIPv6 } from 'node:net';
import { Refusal } from '../fail.ts';
import type { Num } from '../value/number.ts';
import { list } from '../value/value.ts';
import { define, type Functions, number, text } from './signature.ts';

/** A network: its address as a number, the bits of an address, and how many of them are the prefix. */
interface Network {
  address: bigint;
  bits: number;
  prefix: number;
}

function parseNetwork(written: string): Network {
  const [address = '', prefixText = '', ...rest] = written.split('/');
  const bits = isIPv4(address) ? 32 : isIPv6(address) ? 128 : 0;
  const prefix = Number(prefixText);
  if (bits === 0 || rest.length > 0 || !/^\d{1,3}$/.test(prefixText) || prefix > bits) {
    throw new Refusal(`${JSON.stringify(written)} is no network: write ADDRESS/BITS`);
  }
  const host = BigInt(bits - prefix);
  return { address: (parseAddress(address, bits) >> host) << host, bits, prefix };
}

function parseAddress(address: string, bits: number): bigint {
  if (bits === 32) return address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  const dotted = /[\d.]+\.\d+$/.exec(address)?.[0];
  const plain =
    dotted === undefined ? address : address.replace(dotted, hextets(parseAddress(dotted, 32), 2).join(':'));
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].reduce((sum, part) => (sum << 16n) | BigInt(`0x${part}`), 0n);
}

function hextets(value: bigint, count: number): string[] {
  return Array.from({ length: count }, (_, at) => ((value >> BigInt(16 * (count - 1 - at))) & 0xffffn).toString(16));
}

/** IPv6 as RFC 5952: the longest run of zeros is left out. */
function formatAddress(value: bigint, bits: number): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const parts = hextets(value, 8);
  const runs = parts.map((_, start) => {
    const length = parts.slice(start).findIndex((part) => part !== '0');
    return { start, length: length < 0 ? parts.length - start : length };
  });
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best));
  if (longest.length < 2) return parts.join(':');
  return `${parts.slice(0, longest.start).join(':')}::${parts.slice(longest.start + longest.length).join(':')}`;
}

function host(written: string, numberOf: Num): string {
  const { address, bits, prefix } = parseNetwork(written);
  const size = 1n << BigInt(bits - prefix);
  const wanted = BigInt(numberOf.toInteger('the host'));
  if (wanted >= size || wanted < -size) throw new Refusal(`a network of ${size} addresses has no host ${wanted}`);
  return formatAddress(address + (wanted < 0n ? size + wanted : wanted), bits);
}

function netmask(written: string): string {
  const { bits, prefix } = parseNetwork(written);
  if (bits !== 32) throw new Refusal('only networks of IPv4 have a mask');
  return formatAddress(((1n << BigInt(prefix)) - 1n) << BigInt(32 - prefix), 32);
}

function subnet(written: string, newBits: Num, numberOf: Num): string {
  const network = parseNetwork(written);
  const prefix = network.prefix + newBits.toInteger('the number of bits');
  const wanted = BigInt(numberOf.toInteger('the number of the subnet'));
  if (prefix > network.bits || prefix < network.prefix) throw new Refusal(`there is no prefix of ${prefix} bits`);
  const count = 1n << BigInt(prefix - network.prefix);
  if (wanted < 0n || wanted >= count) throw new Refusal(`there are ${count} subnets, and no number ${wanted}`);
  return `${formatAddress(network.address + (wanted << BigInt(network.bits - prefix)), network.bits)}/${prefix}`;
}

/** One subnet behind the other, each with so many more bits than the network. */
function subnets(written: string, ...newBits: Num[]): ReturnType<typeof list> {
  const network = parseNetwork(written);
  const end = network.address + (1n << BigInt(network.bits - network.prefix));
  let next = network.address;
  return list(
    newBits.map((given) => {
      const prefix = network.prefix + given.toInteger('the number of bits');
      if (prefix > network.bits || prefix <= network.prefix) throw new Refusal(`there is no prefix of ${prefix} bits`);
      const size = 1n << BigInt(network.bits - prefix);
      const start = ((next + size - 1n) / size) * size;
      next = start + size;
      if (next > end) throw new Refusal(`not enough addresses are left for a subnet of ${prefix} bits`);
      return `${formatAddress(start, network.bits)}/${prefix}`;
    }),
  );
}

export const CIDR: Functions = {
  cidrhost: define([text('prefix'), number('hostnum')], host),
  cidrnetmask: define([text('prefix')], netmask),
  cidrsubnet: define([text('prefix'), number('newbits'), number('netnum')], subnet),
  cidrsubnets: define([text('prefix')], subnets, number('newbits')),
};
