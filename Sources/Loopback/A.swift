internal import NIOHTTP1
package enum L {}
