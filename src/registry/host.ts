import { isIPv4 } from 'node:net';

const HUB = 'docker.io';
const HUB_API = 'registry-1.docker.io';
/** The key under which Docker has kept the Hub's credentials since the first registry protocol. */
const HUB_CREDENTIALS = 'https://index.docker.io/v1/';

/** Where the API of a reference's domain is served. */
export function apiHost(domain: string): string {
  return domain === HUB ? HUB_API : domain;
}

/** The name of a domain in Docker's configuration and for credential helpers. */
export function credentialKey(domain: string): string {
  return domain === HUB ? HUB_CREDENTIALS : domain;
}

/** Takes a host name as URLs have it: without a port, IPv6 in brackets. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'));
}
