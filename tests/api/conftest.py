"""The sample city: one for all who only ask, and fresh ones for who changes or breaks something."""
import pytest

from city_kit import City


@pytest.fixture(scope="session")
def city(tmp_path_factory):
    """The whole sample city. Ask it what you like; leave its knowledge as it is."""
    city = City(tmp_path_factory.mktemp("city")).start().take_sample()
    yield city
    city.stop()


@pytest.fixture
def found_city(tmp_path):
    """Founds cities of the test's own; nothing is imported yet."""
    cities = []

    def begin(*flags, **more):
        folder = tmp_path / str(len(cities))
        folder.mkdir()
        cities.append(City(folder, *flags, **more))
        return cities[-1].start()
    yield begin
    for city in cities:
        city.stop()
