"""Builds a level from left to right: columns of blocks on a ground that rises and falls."""

AIR, SOLID = ".", "#"


class Builder:
    """A level under construction: its columns so far, and the row of the ground's top at their right end."""

    def __init__(self, height: int, ground: int) -> None:
        self.height = height
        self.ground = ground
        self._columns: list[list[str]] = []

    @property
    def width(self) -> int:
        return len(self._columns)

    def floor(self, columns: int) -> int:
        """Adds columns of ground with air above; returns the number of the first."""
        begin = self.width
        for _ in range(columns):
            self._columns.append([SOLID if y >= self.ground else AIR for y in range(self.height)])
        return begin

    def gap(self, columns: int) -> int:
        """Adds columns of air down to the bottom; returns the number of the first."""
        begin = self.width
        self._columns += [[AIR] * self.height for _ in range(columns)]
        return begin

    def climb(self, rows: int) -> None:
        """Raises the ground of further columns by a number of rows (negative: lowers it)."""
        self.ground -= rows

    def put(self, x: int, y: int, text: str) -> None:
        """Writes characters from (x, y) to the right."""
        for i, character in enumerate(text):
            self._columns[x + i][y] = character

    def fill(self, x0: int, y0: int, x1: int, y1: int, character: str) -> None:
        """Fills a rectangle, both ends included."""
        for x in range(x0, x1 + 1):
            for y in range(max(0, y0), y1 + 1):
                self._columns[x][y] = character

    def slope_up(self, rows: int, gentle: bool) -> None:
        """Adds a slope up by a number of rows, at 45 degrees, or 22.5 if gentle."""
        for _ in range(rows):
            for character in "12" if gentle else "/":
                self.put(self.floor(1), self.ground - 1, character)
            self.climb(1)

    def slope_down(self, rows: int, gentle: bool) -> None:
        """Adds a slope down by a number of rows, at 45 degrees, or 22.5 if gentle."""
        for _ in range(rows):
            for character in "34" if gentle else "\\":
                self.put(self.floor(1), self.ground, character)
            self.climb(-1)

    def rows(self) -> tuple[str, ...]:
        """Returns the level's rows, from the top."""
        return tuple(map("".join, zip(*self._columns, strict=True)))
