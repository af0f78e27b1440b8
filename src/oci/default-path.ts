/** The PATH of a process where its image says nothing, and of an image made from scratch: the reference builder's. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
