namespace ScaleHub.Worker.Seeding;

/// <summary>What names, titles and descriptions are made of. All plain ASCII: e-mail addresses are built from names.</summary>
internal static class Words
{
    public static readonly string[] CompanyFirst =
    [
        "Alder", "Amber", "Anchor", "Aspen", "Atlas", "Beacon", "Birch", "Bluestone", "Bright", "Cedar", "Cobalt", "Copper",
        "Coral", "Crescent", "Delta", "Eastgate", "Elm", "Ember", "Evergreen", "Falcon", "Fern", "Granite", "Harbour", "Hazel",
        "Heron", "Highland", "Hollow", "Indigo", "Ivory", "Juniper", "Keystone", "Lakeside", "Lantern", "Larch", "Linden",
        "Lunar", "Maple", "Meadow", "Meridian", "Mosaic", "Northern", "Oak", "Olive", "Orchard", "Pacific", "Pioneer", "Quarry",
        "Quartz", "Raven", "River", "Rowan", "Saffron", "Silver", "Solstice", "Summit", "Tamarack", "Timber", "Vale",
        "Westward", "Willow",
    ];

    public static readonly string[] CompanyTrade =
    [
        "Accounting", "Analytics", "Architects", "Bakery", "Bicycles", "Books", "Catering", "Ceramics", "Chemicals", "Cleaning",
        "Clinics", "Coffee", "Consulting", "Dental", "Design", "Electric", "Energy", "Engineering", "Events", "Eyewear",
        "Farms", "Films", "Fitness", "Foods", "Forwarding", "Furniture", "Gardens", "Glass", "Health", "Hotels", "Insurance",
        "Interiors", "Kitchens", "Labs", "Legal", "Lighting", "Logistics", "Machines", "Marine", "Media", "Mobility", "Music",
        "Optics", "Outdoors", "Packaging", "Paper", "Pharmacy", "Plumbing", "Press", "Property", "Robotics", "Roofing",
        "Security", "Software", "Solar", "Textiles", "Tools", "Toys", "Travel", "Veterinary",
    ];

    public static readonly string[] CompanyForm =
    [
        "Group", "Partners", "Works", "Collective", "Brothers", "and Co", "Holdings", "Services", "Studio", "Trading", "Union",
        "Company",
    ];

    public static readonly string[] FirstNames =
    [
        "Ada", "Adam", "Aisha", "Alba", "Amir", "Ana", "Andre", "Anika", "Anton", "Astrid", "Bela", "Bianca", "Bruno",
        "Camille", "Carlos", "Chen", "Clara", "Daniel", "Daria", "David", "Diego", "Elena", "Elias", "Emma", "Erik", "Fatima",
        "Felix", "Finn", "Freya", "Gabriel", "Grace", "Hana", "Hugo", "Ines", "Ingrid", "Ivan", "Jakob", "Jana", "Jonas",
        "Julia", "Kai", "Karim", "Lara", "Leo", "Lin", "Lucia", "Malik", "Maria", "Mateo", "Maya", "Mei", "Milan", "Nadia",
        "Nina", "Noah", "Olga", "Oscar", "Paula", "Priya", "Rafael", "Rosa", "Sara", "Tomas", "Yusuf",
    ];

    public static readonly string[] LastNames =
    [
        "Abbott", "Ahmed", "Andersen", "Baker", "Bauer", "Becker", "Bernard", "Bianchi", "Brown", "Castro", "Chang", "Clarke",
        "Costa", "Cruz", "Dahl", "Davies", "Diaz", "Dubois", "Eriksen", "Evans", "Farah", "Fischer", "Flores", "Fontaine",
        "Garcia", "Greco", "Gupta", "Haas", "Hansen", "Hassan", "Hoffmann", "Horvat", "Hughes", "Ito", "Ivanov", "Jansen",
        "Jensen", "Kaur", "Keller", "Khan", "Kim", "Klein", "Kovac", "Kumar", "Lambert", "Larsen", "Lee", "Lopez", "Marino",
        "Martin", "Mendes", "Meyer", "Moreau", "Murphy", "Nakamura", "Nguyen", "Nielsen", "Novak", "Okafor", "Olsen", "Ortiz",
        "Osei", "Park", "Patel", "Pereira", "Petrov", "Popescu", "Quinn", "Ramos", "Reyes", "Ricci", "Rossi", "Roy", "Sato",
        "Schmidt", "Shah", "Silva", "Singh", "Smith", "Sousa", "Suzuki", "Tan", "Taylor", "Torres", "Tran", "Vargas", "Vega",
        "Virtanen", "Wagner", "Walker", "Wang", "Weber", "Wilson", "Wong", "Wood", "Yamada", "Yilmaz", "Young", "Zhang",
        "Zimmer",
    ];

    public static readonly string[] Verbs =
    [
        "Prepare", "Review", "Update", "Send", "Check", "Draft", "Approve", "Plan", "Order", "Fix", "Translate", "Archive",
        "Present", "Confirm", "Schedule", "Compare", "Close", "Collect", "Renew", "Test",
    ];

    public static readonly string[] Objects =
    [
        "the quarterly budget", "the supplier contract", "the onboarding checklist", "last week's invoices",
        "the delivery schedule", "the price list", "the safety report", "the customer survey", "the holiday rota",
        "the product photos", "the press release", "the stock count", "the insurance policy", "the privacy notice",
        "the meeting minutes", "the tax return", "the job advert", "the warranty claims", "the training slides",
        "the newsletter", "the spare parts", "the booking form", "the access badges", "the travel costs", "the backup plan",
        "the release notes", "the lease", "the sample boxes", "the complaint log", "the forecast",
    ];

    public static readonly string[] Contexts =
    [
        "for the board", "for the auditor", "for the new branch", "with the warehouse", "with the finance team",
        "before the holidays", "before the trade fair", "for the largest customer", "after the migration", "for next month",
        "with the landlord", "for the spring season", "with the agency", "for the support team", "before the price change",
    ];

    public static readonly string[] Remarks =
    [
        "Ask the team for open points first.", "The last version is in the shared folder.",
        "The customer expects an answer this week.", "Figures must match the ledger.", "Two suppliers have not replied yet.",
        "Keep it to one page.", "Legal has to see it before it goes out.", "Last year's took three days, so start early.",
        "Attach the signed copy when done.", "There is a template for this.", "Call rather than write.",
        "Check the totals twice; they were wrong last time.", "Agree on the date with everybody concerned.",
        "Put the result into the weekly report.",
    ];
}
