package weather

// Describe says in words what a code of the weather means (WMO table 4677, as far as Open-Meteo uses it), "" if it is none.
func Describe(code int) string {
	return map[int]string{
		0: "clear sky", 1: "mainly clear", 2: "partly cloudy", 3: "overcast", 45: "fog", 48: "rime fog",
		51: "light drizzle", 53: "drizzle", 55: "dense drizzle", 56: "light freezing drizzle", 57: "freezing drizzle",
		61: "light rain", 63: "rain", 65: "heavy rain", 66: "light freezing rain", 67: "freezing rain",
		71: "light snow", 73: "snow", 75: "heavy snow", 77: "snow grains", 80: "light rain showers", 81: "rain showers",
		82: "violent rain showers", 85: "light snow showers", 86: "snow showers", 95: "thunderstorm",
		96: "thunderstorm with light hail", 99: "thunderstorm with hail",
	}[code]
}

// Compass names the direction of degrees from north: N, NNE and so on.
func Compass(degrees float64) string {
	names := [...]string{"N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"}
	n := int(degrees/(360/float64(len(names)))+0.5) % len(names)
	return names[(n+len(names))%len(names)]
}
