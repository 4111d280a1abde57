package fitness

// The methods. Each reads "name (source)".
const (
	MethodBanisterTRIMP Method = "Banister TRIMP (Banister 1991; Morton, Fitz-Clarke & Banister 1990)"
	MethodEdwardsTRIMP  Method = "Edwards zone TRIMP (Edwards 1993)"
	MethodLuciaTRIMP    Method = "Lucia TRIMP (Lucía et al. 2003)"
	MethodHRTSS         Method = "hrTSS as TRIMP relative to one hour at threshold (Banister 1991, scaled as in Elevate and intervals.icu)"
	MethodSessionRPE    Method = "session RPE (Foster et al. 2001)"
	MethodMeanHeartRate Method = "time-weighted mean heart rate (arithmetic)"
	MethodPeakHeartRate Method = "99.9th percentile of spike-filtered heart rate (own rule)"
	MethodObservedHRMax Method = "highest recorded heart rate that a second activity confirms (own rule)"

	MethodHRMaxTanaka  Method = "208 − 0.7·age (Tanaka, Monahan & Seals 2001)"
	MethodHRMaxGellish Method = "207 − 0.7·age (Gellish et al. 2007)"
	MethodHRMaxNes     Method = "211 − 0.64·age (Nes et al. 2013)"
	MethodHRMaxGulati  Method = "206 − 0.88·age (Gulati et al. 2010)"

	MethodZonesKarvonen   Method = "heart rate reserve zones (Karvonen, Kentala & Mustala 1957)"
	MethodZonesPercentMax Method = "percent of maximum heart rate zones (Edwards 1993)"
	MethodZonesFrielRun   Method = "running threshold heart rate zones (Friel 2009)"
	MethodZonesFrielRide  Method = "cycling threshold heart rate zones (Friel 2009)"
	MethodZonesCogganHR   Method = "threshold heart rate zones (Coggan, in Allen & Coggan 2010)"
	MethodZonesCoggan     Method = "power zones (Coggan, in Allen & Coggan 2010)"
	MethodZonesFrielPace  Method = "threshold pace zones (Friel 2009)"
	MethodZonesThreshold  Method = "three zones by the two thresholds (Seiler & Kjerland 2006)"

	MethodMeanPower       Method = "mean power over the recorded time (arithmetic)"
	MethodNormalizedPower Method = "normalized power, 30 s mean at 1 Hz (Allen & Coggan 2010)"
	MethodXPower          Method = "xPower, 25 s exponential mean (Skiba 2006)"
	MethodIntensity       Method = "intensity factor (Allen & Coggan 2010)"
	MethodVariability     Method = "variability index (Allen & Coggan 2010)"
	MethodTSS             Method = "training stress score (Allen & Coggan 2010)"
	MethodWork            Method = "mechanical work (arithmetic)"
	MethodMeanMaxPower    Method = "mean-maximal power (arithmetic)"
	MethodFTP20Minutes    Method = "FTP as 95 % of the best 20 minutes (Allen & Coggan 2010)"
	MethodFTPRamp         Method = "FTP as 75 % of the best minute of a ramp test (ramp protocol, coaching practice)"
	MethodFTPCriticalPow  Method = "FTP as critical power (Monod & Scherrer 1965)"
	MethodCPWorkTime      Method = "critical power, work–time fit (Monod & Scherrer 1965)"
	MethodCPInverseTime   Method = "critical power, 1/t fit (Monod & Scherrer 1965)"
	MethodWBalance        Method = "W′ balance, differential (Skiba et al. 2015)"
	MethodWBalanceTau     Method = "W′ balance, integral (Skiba et al. 2012)"
)
