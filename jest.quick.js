// Most take milliseconds; a property's thousands of runs take seconds where every processor is busy. A hang still ends.
jest.setTimeout(30_000);
