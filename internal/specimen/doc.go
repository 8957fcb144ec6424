// Package specimen makes sites to try the transfer of sites with, and judges
// what a transfer made of them: [Plant] fills an empty site with everything that
// plone.restapi can make, [Compare] compares two sites field by field, and
// [CompareFolders] two folders in the format of plone.exportimport. It shares no
// code with what it judges.
package specimen
