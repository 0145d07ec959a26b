/* What Python calls; all else of the library is its own. */
#ifndef API_H
#define API_H

#define API __attribute__((visibility("default")))

#endif
