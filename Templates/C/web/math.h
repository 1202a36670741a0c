//% strip
// Stands for libc's header where the target is WebAssembly. A square root is an instruction there, rounded as anywhere.
//% end
#ifndef WEB_MATH_H
#define WEB_MATH_H

#define sqrtf __builtin_sqrtf

#endif
