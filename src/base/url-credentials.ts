/**
 * The user names and passwords that stood in URLs, kept apart from them for as long as a build runs: a URL without
 * them can be shown, recorded and be part of a key.
 */
export class UrlCredentials {
  readonly #known = new Map<string, string>();

  /** The same URL without its user and password, which are remembered. */
  strip(written: URL): URL {
    const url = new URL(written);
    const { username, password } = url;
    if (username === '' && password === '') return url;
    url.username = '';
    url.password = '';
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    this.#known.set(url.href, `Basic ${Buffer.from(pair).toString('base64')}`);
    return url;
  }

  /** The value of an Authorization header for a URL that `strip` returned. */
  authorization(url: string): string | undefined {
    return this.#known.get(url);
  }
}

/** Whoever stands between the scheme and the host of a URL; a user alone may be a token. */
const USER = /\b(https?:\/\/)[^\s/@]+@/gi;
const PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/[^\s/@:]*):[^\s/@]*@/gi;

/** A text for people without the credentials of the URLs in it. */
export function withoutCredentials(text: string): string {
  return text.replace(USER, '$1').replace(PASSWORD, '$1@');
}
