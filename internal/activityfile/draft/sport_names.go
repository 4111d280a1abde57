package draft

import (
	"github.com/pierre-mcp/pierre/internal/pierre"
)

// sportNames lists what sports are called, in lower-case letters alone: by FIT,
// Garmin, Apple and Strava, whose exports speak the language of their owner.
func sportNames() []struct {
	sport pierre.Sport
	names string
} {
	return []struct {
		sport pierre.Sport
		names string
	}{
		{pierre.SportRun, `run running streetrunning trackrunning treadmill treadmillrunning indoorrunning ultrarun jog jogging race
			lauf laufen courseàpied course hardloopsessie hardlopen loop carrera carreraapie corsa corrida löpning löppass löp
			løb løbetur løp løping bieg bieganie бег забег пробежка ラン ランニング 跑步 달리기 juoksu koşu běh`},
		{pierre.SportTrailRunning, `trailrun trailrunning traillauf trail coursenature carreradetrail carreradetrailrunning
			corridaemtrilha trailløb terränglöpning トレイルラン trailrunsessie 越野跑`},
		{pierre.SportVirtualRun, `virtualrun virtualrunning virtuellerlauf coursevirtuelle virtuelehardloopsessie
			carreravirtual corsavirtuale corridavirtual バーチャルラン 虚拟跑步`},
		{pierre.SportRide, `ride cycling biking bike roadbiking roadcycling indoorcycling trackcycling cyclocross recumbentcycling spin
			spinning commuting velomobile radfahrt radfahren fahrt rad vélo sortievélo sortieàvélo cyclisme fietsrit fietsen bicicleta ciclismo
			salidaenbicicleta vueltaenbicicleta giro giroinbici uscitainbicicletta pedalada cykling cykeltur sykling sykkeltur
			jazda jazdanarowerze велосипед заезд велозаезд ライド サイクリング 骑行 라이딩 pyöräily bisiklet jízda`},
		{pierre.SportVirtualRide, `virtualride virtualcycling virtuelleradfahrt virtuellefahrt sortieàvélovirtuelle vélovirtuel sortievirtuelle
			virtuelefietsrit ciclismovirtual bicicletavirtual pedaladavirtual ciclismovirtuale attivitàciclisticavirtuale girovirtuale
			virtuellcykling virtuelcykeltur virtuellsykkeltur виртуальныйзаезд バーチャルライド 虚拟骑行`},
		{pierre.SportMountainBike, `mountainbike mountainbiking mountainbikeride mtb downhillbiking bmx mountainbikefahrt mountainbiken
			vtt sortievtt mountainbikerit mountainbiketocht mountainbiketour ciclismodemontaña bicicletademontaña mountainbikeurheilu`},
		{pierre.SportGravelRide, `gravelride gravelcycling gravel gravelfahrt gravelrit gravelbike gravelbiken sortiegravel`},
		{pierre.SportEBikeRide, `ebikeride ebike ebiking ebikefitness ebikemountain emountainbikeride ebikefahrt ebikerit
			véloélectrique vélotoutterrainélectrique bicicletaeléctrica bicielettrica elcykel`},
		{pierre.SportSwim, `swim swimming lapswimming openwaterswimming openwater schwimmen natation nage zwemmen natación nuoto natação
			simning svømning svømming pływanie плавание スイム 水泳 游泳 수영 uinti yüzme plavání`},
		{pierre.SportWalk, `walk walking casualwalking speedwalking indoorwalking spaziergang gehen marche wandeling wandelen caminata
			camminata passeggiata caminhada promenad gåtur spacer ходьба прогулка ウォーキング ウォーク 步行 散步 걷기 kävely yürüyüş chůze`},
		{pierre.SportHike, `hike hiking mountaineering wanderung wandern randonnée hiken senderismo excursión escursione escursionismo trilha
			vandring vandretur fottur wędrówka поход ハイキング 徒步 하이킹 vaellus`},
		{pierre.SportStrengthTraining, `strengthtraining strength weighttraining weightlifting traditionalstrengthtraining
			functionalstrengthtraining gewichtstraining krafttraining entraînementauxpoids musculation renforcementmusculaire krachttraining
			entrenamientoconpesas entrenamientodefuerza allenamentoconipesi allenamentopesi musculação treinocompesos treinamentocompeso
			styrketräning styrketræning vægttræning styrketrening treningsiłowy ウェイトトレーニング 重量训练 力量训练`},
		{pierre.SportWorkout, `workout training cardio cardiotraining indoorcardio elliptical stairclimbing stairs stairstepper
			floorclimbing hiit highintensityintervaltraining coretraining mixedcardio fitnessequipment fitness jumprope boxing dance
			exercise calisthenics entraînement entrenamiento allenamento treino träning træning trening тренировка ワークアウト 锻炼 운동`},
		{"yoga", `yoga ヨガ 瑜伽 요가 йога`},
		{"pilates", `pilates`},
		{"crossfit", `crossfit crosstraining`},
		{"rowing", `rowing indoorrowing virtualrowing row rudern aviron roeien remo canottaggio rodd roning`},
		{"kayaking", `kayaking kayak kajakfahren kajak kayakken`},
		{"canoeing", `canoeing canoe paddling paddlesports paddelen kanu kanufahren`},
		{"paddleboarding", `paddleboarding standuppaddling standuppaddleboarding standuppaddle stehpaddeln paddle sup`},
		{"surfing", `surfing surf surfingsports surfen`},
		{"kitesurfing", `kitesurfing kitesurf kiteboarding`},
		{"sailing", `sailing sail segeln voile zeilen vela`},
		{"cross_country_skiing", `crosscountryskiing crosscountryski nordicski skateskiing skatesking rollerski langlauf skilanglauf
			skidefond skinordique langlaufen esquídefondo esquínórdico scidifondo längdskidåkning langrend langrenn`},
		{"alpine_skiing", `alpineskiing alpineski downhillskiing resortskiing resortskiingsnowboarding skiing ski skialpin skifahren
			esquíalpino scialpino skiën`},
		{"backcountry_skiing", `backcountryskiing backcountryski backcountryskiingsnowboarding skitour skitouren skiderandonnée scialpinismo`},
		{"snowboarding", `snowboarding snowboard snowboarden`},
		{"snowshoe", `snowshoe snowshoeing schneeschuhwandern raquettes raquetteàneige`},
		{"ice_skating", `iceskating iceskate skating skatingsports eislaufen patinageàglace schaatsen`},
		{"inline_skating", `inlineskating inlineskate inlineskaten inlineskates`},
		{"rock_climbing", `rockclimbing climbing indoorclimbing bouldering klettern escalade klimmen escalada arrampicata`},
		{"soccer", `soccer football footballsoccer fußball voetbal fútbol calcio futebol`},
		{"basketball", `basketball`},
		{"tennis", `tennis tenis`},
		{"golf", `golf`},
		{"skateboarding", `skateboarding skateboard`},
		{pierre.SportTransition, `transition swimtobiketransition biketoruntransition runtobiketransition`},
	}
}
