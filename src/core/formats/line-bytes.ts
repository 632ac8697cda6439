// The bytes that mean something in line protocol.

export const NEWLINE = 0x0a;
export const RETURN = 0x0d;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const HASH = 0x23;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
export const POINT = 0x2e;
export const ZERO = 0x30;
export const EQUALS = 0x3d;
export const BACKSLASH = 0x5c;
export const SMALL_I = 0x69;
export const SMALL_U = 0x75;
export const DELETE = 0x7f;
