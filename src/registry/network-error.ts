import { errors } from 'undici';
import { TsbuildError } from '../base/error.ts';
import { cancelled, TransientError } from './retry.ts';

const TRANSIENT = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);
const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EHOSTDOWN']);
const TLS = /^(EPROTO|ERR_SSL_|ERR_TLS_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|HOSTNAME_MISMATCH|CRL_|INVALID_CA)/;

/**
 * What an exchange with the server of `url` threw, as the error to throw on: NETWORK, wrapped in TransientError where
 * another attempt may succeed. An error that is not about the network, such as one of the body we send, stays as it is.
 */
export function networkError(error: unknown, url: URL, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return cancelled(signal);
  if (error instanceof TsbuildError || error instanceof TransientError) return error;
  const code = codeOf(error);
  if (TRANSIENT.has(code)) return new TransientError(asNetwork(error, url, hintFor(code, url)));
  if (UNREACHABLE.has(code) || TLS.test(code) || error instanceof errors.UndiciError) {
    return asNetwork(error, url, hintFor(code, url));
  }
  return error;
}

/** Whether the server does not speak TLS, or ended the connection in the handshake. */
export function isHandshakeFailure(error: unknown): boolean {
  const cause =
    error instanceof TransientError ? error.error.cause : error instanceof TsbuildError ? error.cause : error;
  const code = codeOf(cause);
  return TLS.test(code) || ['ECONNRESET', 'UND_ERR_SOCKET', 'UND_ERR_CONNECT_TIMEOUT'].includes(code);
}

/** The code of an error, or of the first cause that has one. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const own = 'code' in error ? String(error.code) : '';
  const inner = codeOf(error.cause);
  return inner !== '' && (own === '' || own === 'UND_ERR_SOCKET') ? inner : own;
}

function asNetwork(error: unknown, url: URL, hint: string | undefined): TsbuildError {
  const reason = error instanceof Error ? error.message || codeOf(error) : String(error);
  return new TsbuildError('NETWORK', `cannot talk to ${url.host}: ${reason}`, { cause: error, hint });
}

function hintFor(code: string, url: URL): string | undefined {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `is ${url.hostname} spelled right, and is the network up?`;
  if (code === 'ECONNREFUSED') return `nothing listens on ${url.host}: is the registry running?`;
  if (TLS.test(code)) return 'name the file of the authority that signed its certificate in SSL_CERT_FILE';
  if (UNREACHABLE.has(code) || code.endsWith('TIMEOUT')) return 'behind a proxy? set HTTPS_PROXY';
  return undefined;
}
