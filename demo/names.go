package demo

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// Parts of made-up names. No list holds a real company; people's names are
// common ones joined at random.
var (
	givenBR = []string{"Ana", "João", "Maria", "José", "Antônio", "Francisca", "Luiz", "Conceição", "Paulo", "Adriana",
		"Carlos", "Márcia", "Rafael", "Juliana", "Thiago", "Fernanda", "Gustavo", "Letícia", "Vinícius", "Camila",
		"André", "Patrícia", "Eduardo", "Aline", "Felipe", "Bruna", "Rodrigo", "Vitória", "Leandro", "Beatriz",
		"Mateus", "Larissa", "Caio", "Renata", "Otávio", "Simone", "Iúri", "Tânia", "Ubiratã", "Jussara", "Zuleica", "Raíssa"}
	familyBR = []string{"Silva", "Souza", "Oliveira", "Santos", "Pereira", "Ferreira", "Gonçalves", "Araújo", "Ribeiro", "Carvalho",
		"Almeida", "Lopes", "Nascimento", "Vieira", "Monteiro", "Mendonça", "Barros", "Freitas", "Brandão", "Sá", "Assunção",
		"Guimarães", "Cavalcanti", "Nakamura", "Schmidt", "Rossi", "Haddad", "Falcão", "Teixeira", "Quaresma"}
	givenWorld = []string{"Siobhán", "Björn", "Zoë", "Łukasz", "Nguyễn Thị Minh", "Chloé", "Jürgen", "Priya", "Kwame", "Sofía",
		"Matthew", "Olivia", "Noah", "Aiko", "Søren", "İrem", "Thandiwe", "Mehmet", "Grace", "Diego"}
	familyWorld = []string{"Ó Briain", "Åkesson", "Fernández", "Kowalczyk", "Khai", "Lefèvre", "Müller", "Raghunathan", "Mensah", "Núñez",
		"Johnson", "Smith", "O'Hara", "Tanaka", "Kjærgaard", "Yıldız", "Dlamini", "Öztürk", "Walker", "Peña"}
	companyWord = []string{"Aurora", "Ipê", "Jatobá", "Cedro", "Maré", "Sabiá", "Horizonte", "Pampa", "Cerrado", "Araucária", "Capivara",
		"Tucano", "Bromélia", "Guará", "Pirilampo", "Andorinha", "Caatinga", "Mandacaru", "Girassol", "Nascente", "Serra Azul",
		"Rio Claro", "Boa Vista", "Lua Nova", "Três Marias", "Pedra Branca", "Vale Verde", "Estrela do Norte", "Beija-Flor", "Manacá"}
	companyWorld = []string{"Larkspur", "Northwind Quay", "Birchwood", "Blue Heron", "Cobalt", "Driftwood", "Étoile", "Fjord", "Granite",
		"Hazelnut", "Juniper", "Kestrel", "Lindenhof", "Meridian Way", "Ågren", "Quartz", "Rowan", "Saffron", "Tidewater", "Übersee"}
	trades = []trade{{"logistics", "Logística", "Logistics"}, {"retail", "Varejo", "Retail"}, {"health", "Saúde", "Health"},
		{"education", "Educação", "Learning"}, {"finance", "Finanças", "Finance"}, {"agriculture", "Agro", "Farms"},
		{"software", "Sistemas", "Software"}, {"construction", "Engenharia", "Builders"}, {"food", "Alimentos", "Foods"},
		{"energy", "Energia", "Energy"}, {"services", "Serviços", "Partners"}, {"media", "Comunicação", "Media"}}
	endingBR    = []string{"Ltda.", "S.A.", "& Filhos", "do Brasil", "ME", "Participações", ""}
	endingWorld = []string{"Inc.", "Ltd.", "GmbH", "& Co.", "LLC", ""}
)

type trade struct{ key, br, world string }

// personName is mostly given and family names, at times very long.
func personName(r *rand.Rand, brazil bool) string {
	if !brazil {
		return some(r, givenWorld) + " " + some(r, familyWorld)
	}
	name := some(r, givenBR)
	if r.Float64() < 0.25 {
		name += " " + some(r, givenBR)
	}
	families := 1 + weighted(r, 0.45, 0.45, 0.1)
	for range families {
		name += " " + some(r, familyBR)
	}
	if r.Float64() < 0.01 {
		name += " de " + some(r, familyBR) + " " + some(r, familyBR) + " Albuquerque de Vasconcelos e Bragança Neto"
	}
	return name
}

// companyName draws a name; n keeps two of the same name apart.
func companyName(r *rand.Rand, brazil bool, t trade, n int) string {
	word, kind, ending := some(r, companyWord), t.br, some(r, endingBR)
	if !brazil {
		word, kind, ending = some(r, companyWorld), t.world, some(r, endingWorld)
	}
	name := word + " " + kind
	if n%7 == 3 {
		name = kind + " " + word + " " + strconv.Itoa(1950+n%70)
	}
	if brazil && r.Float64() < 0.01 {
		name = "Companhia Nacional de " + kind + " e Empreendimentos " + word + " Distribuidora, Importadora e Exportadora"
	}
	return strings.TrimSpace(name + " " + ending)
}

var fold = strings.NewReplacer("á", "a", "à", "a", "â", "a", "ã", "a", "ä", "a", "å", "a", "é", "e", "ê", "e", "è", "e", "ễ", "e",
	"í", "i", "ó", "o", "ô", "o", "õ", "o", "ö", "o", "ø", "o", "ú", "u", "ü", "u", "ç", "c", "ñ", "n", "ł", "l", "ı", "i", "æ", "ae",
	"ş", "s", "i̇", "i", "ë", "e", "ị", "i")

// slug is the text in small letters, digits and single hyphens.
func slug(s string) string {
	var b strings.Builder
	hyphen := false
	for _, ch := range fold.Replace(strings.ToLower(s)) {
		switch {
		case ch >= 'a' && ch <= 'z' || ch >= '0' && ch <= '9':
			if hyphen && b.Len() > 0 {
				b.WriteByte('-')
			}
			hyphen = false
			b.WriteRune(ch)
		case ch < 128:
			hyphen = true
		}
	}
	return b.String()
}

// mailName is the part of an address before the @: given and last name.
func mailName(name string) string {
	parts := strings.Split(slug(name), "-")
	if len(parts) == 1 {
		return parts[0]
	}
	return parts[0] + "." + parts[len(parts)-1]
}
