import { Injectable } from '@nestjs/common';

/** The time of day. */
@Injectable()
export class Clock {
  /** Milliseconds since 1970. */
  now(): number {
    return Date.now();
  }
}
