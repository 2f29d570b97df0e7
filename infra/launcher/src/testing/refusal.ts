import { LauncherFailure } from '../failure';

/** What a refused call says, and its fix after an arrow. Throws when the call is not refused with a sentence. */
export async function refusalOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    if (error instanceof LauncherFailure) return `${error.message} → ${error.fix}`;
    throw error;
  }
  throw new Error('it was not refused');
}
