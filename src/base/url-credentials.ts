/** What a URL is used for: a file, or a repository. */
export type UrlUse = 'http' | 'git';

/** The value of an Authorization header for a URL that names no user. */
export type SecretHeader = (url: URL, use: UrlUse) => string | undefined;

/**
 * What proves to servers who we are, kept apart from URLs for as long as a build runs: a URL without user and password
 * can be shown, recorded and be part of a key.
 */
export class UrlCredentials {
  readonly #known: Map<string, string>;
  readonly #secret: SecretHeader;

  constructor(secret: SecretHeader = () => undefined, known = new Map<string, string>()) {
    this.#secret = secret;
    this.#known = known;
  }

  /** The same, with secrets that are looked up for the URLs that are stripped through it. */
  withSecrets(secret: SecretHeader): UrlCredentials {
    return new UrlCredentials(secret, this.#known);
  }

  /** The same URL without its user and password, which are remembered. */
  strip(written: URL, use: UrlUse): URL {
    const url = new URL(written);
    const { username, password } = url;
    url.username = '';
    url.password = '';
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    const header = pair === ':' ? this.#secret(url, use) : basic(pair);
    if (header !== undefined) this.#known.set(keyOf(url.href, use), header);
    return url;
  }

  /** The value of an Authorization header for a URL that `strip` returned. */
  authorization(url: string, use: UrlUse): string | undefined {
    return this.#known.get(keyOf(url, use));
  }
}

function keyOf(url: string, use: UrlUse): string {
  return `${use} ${url}`;
}

/** RFC 7617. */
export function basic(pair: string): string {
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/** Whoever stands between the scheme and the host of a URL; a user alone may be a token. */
const USER = /\b(https?:\/\/)[^\s/@]+@/gi;
const PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/[^\s/@:]*):[^\s/@]*@/gi;

/** A text for people without the credentials of the URLs in it. */
export function withoutCredentials(text: string): string {
  return text.replace(USER, '$1').replace(PASSWORD, '$1@');
}
