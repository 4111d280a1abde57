package fitness

// The methods. Each reads "name (source)".
const (
	MethodBanisterTRIMP Method = "Banister TRIMP (Banister 1991; Morton, Fitz-Clarke & Banister 1990)"
	MethodEdwardsTRIMP  Method = "Edwards zone TRIMP (Edwards 1993)"
	MethodHRTSS         Method = "hrTSS as TRIMP relative to one hour at threshold (Banister 1991, scaled as in Elevate and intervals.icu)"
	MethodMeanHeartRate Method = "time-weighted mean heart rate (arithmetic)"
	MethodPeakHeartRate Method = "99.9th percentile of spike-filtered heart rate (own rule)"
	MethodObservedHRMax Method = "highest recorded heart rate that a second activity confirms (own rule)"

	MethodHRMaxTanaka Method = "208 − 0.7·age (Tanaka, Monahan & Seals 2001)"

	MethodZonesKarvonen   Method = "heart rate reserve zones (Karvonen, Kentala & Mustala 1957)"
	MethodZonesPercentMax Method = "percent of maximum heart rate zones (Edwards 1993)"
	MethodZonesFrielHR    Method = "heart rate zones of the threshold (Friel 2009)"
	MethodZonesFrielPace  Method = "pace zones of the threshold pace (Friel 2009)"
	MethodZonesCoggan     Method = "power zones (Coggan, in Allen & Coggan 2010)"

	MethodMeanPower       Method = "mean power over the recorded time (arithmetic)"
	MethodNormalizedPower Method = "normalized power, 30 s mean at 1 Hz (Allen & Coggan 2010)"
	MethodIntensity       Method = "intensity factor (Allen & Coggan 2010)"
	MethodVariability     Method = "variability index (Allen & Coggan 2010)"
	MethodTSS             Method = "training stress score (Allen & Coggan 2010)"
	MethodWork            Method = "mechanical work (arithmetic)"
	MethodMeanMaxPower    Method = "mean-maximal power over elapsed time, pauses as 0 W (arithmetic)"
	MethodCPWorkTime      Method = "critical power, work–time fit (Monod & Scherrer 1965)"
	MethodCPInverseTime   Method = "critical power, 1/t fit (Monod & Scherrer 1965)"
	MethodWBalance        Method = "W′ balance, differential (Skiba et al. 2015)"

	MethodVDOT           Method = "VDOT (Daniels & Gilbert 1979)"
	MethodVDOTRace       Method = "race time of equal VDOT (Daniels & Gilbert 1979)"
	MethodVDOTPaces      Method = "training paces by VDOT (Daniels, Daniels' Running Formula)"
	MethodRiegel         Method = "Riegel's power law (Riegel 1981)"
	MethodRiegelFit      Method = "Riegel's power law with the athlete's own exponent (Riegel 1981)"
	MethodCameron        Method = "Cameron's race model (Cameron 1998)"
	MethodCriticalSpeed  Method = "critical speed, distance–time fit (Hughson, Orok & Staudt 1984)"
	MethodGradeAdjusted  Method = "grade-adjusted speed by energy cost (Minetti et al. 2002)"
	MethodNormalizedPace Method = "normalized graded speed, 30 s mean and 4-norm of grade-adjusted speed (McGregor & Fitzgerald 2010; Minetti et al. 2002)"
	MethodRTSS           Method = "running training stress score (McGregor & Fitzgerald 2010)"
	MethodSwimTSS        Method = "swim stress score, cube of the mean over the threshold speed (McGregor & Fitzgerald 2008)"
	MethodPlannedStress  Method = "stress score of planned steps, 30 s mean and 4-norm of their intensities (Allen & Coggan 2010; McGregor & Fitzgerald 2010)"
	MethodSessionRPE     Method = "session RPE, exertion times minutes, an hour at 7 as 100 (Foster et al. 2001; Seiler & Kjerland 2006)"
	MethodBestEffort     Method = "fastest elapsed time over the distance, interpolated (arithmetic)"

	MethodSplits   Method = "time without pauses between marks of distance, interpolated (arithmetic)"
	MethodFarthest Method = "farthest distance in the elapsed time, interpolated (arithmetic)"

	MethodHaversine  Method = "great-circle distance on a sphere of 6 371 008.8 m (haversine)"
	MethodMovingTime Method = "time above a speed threshold (own rule)"
	MethodAscent     Method = "ascent of smoothed altitude with hysteresis (own rule)"

	MethodClimbs       Method = "climbs of at least 500 m and 3 % by length times grade, categories as on Strava (Garmin ClimbPro; Strava support)"
	MethodIntervals    Method = "intervals by thresholds between levels, with hysteresis and least-squares edges (Otsu 1979; Hinkley 1970)"
	MethodMeanMaxHeart Method = "highest mean heart rate over elapsed time (arithmetic)"
	MethodPolarization Method = "polarization index, log10(zone 1 / zone 2 · zone 3 · 100) (Treff et al. 2019)"

	MethodTheilSen       Method = "Theil–Sen slope with its 95 % interval (Theil 1950; Sen 1968)"
	MethodFitnessFatigue Method = "fitness, fatigue and form as exponential means, 1 − e^(−1/N) (Banister et al. 1975; Coggan, in Allen & Coggan 2010)"
	MethodTaper          Method = "the same load each day that leads to a form, solved from the exponential means (Banister et al. 1975)"
	MethodFoster         Method = "training monotony and strain (Foster 1998)"
	MethodACWRUncoupled  Method = "acute:chronic workload ratio, EWMA, uncoupled (Williams et al. 2017; Lolli et al. 2019)"

	MethodEfficiencyPower Method = "efficiency factor, normalized power over heart rate (Friel 2009)"
	MethodEfficiencySpeed Method = "efficiency factor, speed over heart rate (Friel 2009)"
	MethodDecoupling      Method = "aerobic decoupling of the halves after a warm-up (Friel 2009)"
	MethodCardiacDrift    Method = "heart rate drift between the halves after a warm-up (Coyle & González-Alonso 2001)"

	MethodKeytel Method = "energy of exercise from heart rate (Keytel et al. 2005)"

	MethodRate          Method = "linear trend by least squares, 95 % interval by Student's t (Draper & Smith 1998)"
	MethodChiSquared    Method = "chi-squared test (Pearson 1900)"
	MethodKruskalWallis Method = "test of groups by ranks (Kruskal & Wallis 1952)"

	MethodFRIEND Method = "percentile of maximal oxygen uptake by age and sex, FRIEND registry (Kaminsky, Arena & Myers 2015)"
	MethodSitko  Method = "VO2max from 5 minutes of cycling power, 16.6 + 8.87·W/kg (Sitko et al. 2022)"

	MethodRMSSD        Method = "rMSSD, root mean square of successive differences without artefacts (Task Force of the ESC and NASPE 1996)"
	MethodHRVWeek      Method = "7-day mean of the logarithms of HRV against the personal baseline ± 0.5 SD (Plews et al. 2012, 2013, 2014)"
	MethodWeek         Method = "7-day mean against the personal baseline ± 1 SD (arithmetic; own rule)"
	MethodSleepQuality Method = "sleep score of named parts by consensus limits (Hirshkowitz et al. 2015; Ohayon et al. 2017; own weights)"
	MethodRecovery     Method = "recovery score of named parts against the personal baseline (Plews et al. 2012, 2013; own weights)"
	MethodRegularity   Method = "standard deviation of the middle of the night (arithmetic)"
	MethodSpearman     Method = "rank correlation, 95 % interval by Fisher's transformation (Spearman 1904; Bonett & Wright 2000)"

	MethodMifflin            Method = "resting energy of a day (Mifflin & St Jeor 1990)"
	MethodActivityFactor     Method = "resting energy times 1.2 to 1.9 by how active the days are (customary factors)"
	MethodMeasuredDay        Method = "1.4 times resting energy outside training, and training as recorded (FAO/WHO/UNU 2004; own rule)"
	MethodEnergyChange       Method = "400 kcal a day less to lose weight, 420 more to gain muscle (Thomas, Erdman & Burke 2016; Slater et al. 2019)"
	MethodProtein            Method = "1.4 to 2.0 g/kg of protein a day (Jäger et al. 2017)"
	MethodProteinLoss        Method = "1.8 to 2.7 g/kg of protein a day while losing weight (Murphy, Hector & Phillips 2015)"
	MethodProteinGain        Method = "1.6 to 2.2 g/kg of protein a day to gain muscle (Morton et al. 2018)"
	MethodCarbohydrate       Method = "carbohydrate of a day by hours of training (Thomas, Erdman & Burke 2016)"
	MethodFat                Method = "20 to 35 % of the energy as fat (Thomas, Erdman & Burke 2016)"
	MethodAtwater            Method = "4, 4, 9 and 7 kcal a gram of protein, carbohydrate, fat and alcohol (Atwater's general factors; Merrill & Watt 1973)"
	MethodCarbohydrateBefore Method = "1 to 4 g/kg of carbohydrate 1 to 4 hours before more than an hour of effort (Thomas, Erdman & Burke 2016)"
	MethodCarbohydrateDuring Method = "30 to 60 g of carbohydrate an hour from 1 hour on, up to 90 from 2.5 (Thomas, Erdman & Burke 2016)"
	MethodCarbohydrateAfter  Method = "1.0 to 1.2 g/kg of carbohydrate an hour for 4 hours (Thomas, Erdman & Burke 2016)"
	MethodProteinMeal        Method = "0.25 g/kg of protein, 20 to 40 g, every 3 to 4 hours (Jäger et al. 2017)"

	MethodWBGT         Method = "wet-bulb globe temperature, estimated from temperature and humidity (Australian Bureau of Meteorology; American College of Sports Medicine 1984)"
	MethodHeatRisk     Method = "risk of heat illness by wet-bulb globe temperature (Armstrong et al. 2007)"
	MethodMarathonHeat Method = "winners' marathon times by wet-bulb globe temperature (Ely et al. 2007)"
	MethodCourseWind   Method = "wind 10 m above ground of a weather model against the course over 50 m (arithmetic)"
	MethodLapseRate    Method = "temperature at another altitude, 6.5 °C per km (International Standard Atmosphere, ISO 2533:1975)"

	MethodLTTB Method = "largest-triangle-three-buckets downsampling (Steinarsson 2013)"
)
