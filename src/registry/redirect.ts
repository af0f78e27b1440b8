import { TsbuildError } from '../base/error.ts';
import type { HttpRequest, HttpResponse, Transport } from './transport.ts';

const MAX_REDIRECTS = 10;
const REDIRECT = new Set([301, 302, 303, 307, 308]);
/** Headers that are for the server the user named, and nobody that it sends us to. */
const PRIVATE_HEADERS = new Set(['authorization', 'cookie', 'proxy-authorization']);

/**
 * Sends a GET or HEAD and follows redirects. Once a redirect leaves the origin, credentials stay behind for good;
 * a redirect from https to http is refused.
 */
export async function sendFollowing(transport: Transport, request: HttpRequest): Promise<HttpResponse> {
  let { url, headers } = request;
  for (let redirects = 0; ; redirects++) {
    const response = await transport.send({ ...request, url, headers });
    const location = response.header('location');
    if (!REDIRECT.has(response.status) || location === undefined) return response;
    await response.discard();
    if (redirects === MAX_REDIRECTS) throw refused(url, `it redirects more than ${MAX_REDIRECTS} times`);
    const next = resolveLocation(location, url);
    if (next.origin !== url.origin) headers = withoutPrivate(headers);
    url = next;
  }
}

/** Where a `Location` header points, which may be relative, and must not lead from https to anything else. */
export function resolveLocation(location: string, base: URL): URL {
  if (!URL.canParse(location, base.href)) throw refused(base, 'it sent a Location that is not a URL');
  const url = new URL(location, base);
  if (url.protocol !== 'https:' && url.protocol !== base.protocol) {
    throw refused(base, `it redirects from ${base.protocol}// to ${url.protocol}//`);
  }
  if (url.username !== '' || url.password !== '') throw refused(base, 'it redirects to a URL with a password in it');
  url.hash = '';
  return url;
}

function withoutPrivate(headers: HttpRequest['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => !PRIVATE_HEADERS.has(name.toLowerCase())));
}

function refused(url: URL, reason: string): TsbuildError {
  return new TsbuildError('REGISTRY', `refusing to follow ${url.host}: ${reason}`);
}
