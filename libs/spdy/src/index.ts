/** SPDY/3.1 as far as Kubernetes' clients speak it (exec, attach and port-forward of kubectl before 1.31), and its container runtimes. */
export { SpdyConnection, type SpdyOptions } from './connection';
export { type SpdyHeaders } from './header-block';
export { SpdyError, type SpdyLimits } from './limits';
export { SpdyStream } from './stream';
