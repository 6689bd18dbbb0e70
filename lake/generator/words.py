"""The words the generated retail lake is written with: names, places, things."""

from __future__ import annotations

FIRST_NAMES = (
    "Anna", "Ben", "Carla", "David", "Elena", "Finn", "Grace", "Hugo", "Ines", "Jack",
    "Katharina", "Liam", "Maria", "Noah", "Olivia", "Pedro", "Quinn", "Rosa", "Sam", "Tara",
    "Uwe", "Vera", "Will", "Yara", "José", "Zoë", "Łukasz", "Søren", "André", "伟", "小明",
    "Jürgen",
)  # fmt: skip
LAST_NAMES = (
    "Smith", "Johnson", "Brown", "Miller", "Davis", "Garcia", "Wilson", "Moore", "Taylor",
    "Martin", "Lee", "Walker", "Young", "King", "Wright", "Hill", "Green", "Baker", "Nelson",
    "Carter", "O'Brien", "Müller", "Strauß", "Kowalska", "Łaski", "Núñez", "Dvořák", "Østergård",
    "李", "王", "Meyer-Groß", "d'Angelo",
)  # fmt: skip
PLACES = (
    ("New York", "United States"), ("Chicago", "United States"), ("Austin", "United States"),
    ("Seattle", "United States"), ("Denver", "United States"), ("Boston", "United States"),
    ("Portland", "United States"), ("Miami", "United States"), ("London", "United Kingdom"),
    ("Leeds", "United Kingdom"), ("Bristol", "United Kingdom"), ("Berlin", "Germany"),
    ("Köln", "Germany"), ("München", "Germany"), ("Paris", "France"), ("Orléans", "France"),
    ("Kraków", "Poland"), ("Łódź", "Poland"), ("Madrid", "Spain"), ("上海", "China"),
)  # fmt: skip
COUNTRY_VARIANTS = {
    "United States": ("US", "USA", "U.S.", "usa"),
    "United Kingdom": ("UK", "GB"),
    "Germany": ("DE", "de"),
}
SEGMENTS = ("Consumer", "Corporate", "Small Business")
SEGMENT_SHARES = (70, 18, 12)

# category: (months it sells best in, cheapest and dearest list price, subcategories)
CATEGORIES = {
    "Electronics": ((11, 12), (15, 1900), ("Audio", "Computers", "Phones", "Cameras")),
    "Home": ((4, 5), (5, 600), ("Kitchen", "Lighting", "Bedding", "Storage")),
    "Clothing": ((3, 9), (8, 220), ("Women", "Men", "Children", "Shoes")),
    "Grocery": ((), (1, 40), ("Pantry", "Drinks", "Snacks", "Fresh")),
    "Sports": ((5, 6, 7), (6, 900), ("Fitness", "Outdoor", "Cycling", "Water")),
    "Toys": ((11, 12), (4, 180), ("Games", "Building", "Dolls", "Puzzles")),
    "Beauty": ((2, 12), (3, 140), ("Skin", "Hair", "Make-up", "Fragrance")),
    "Office": ((1, 8, 9), (2, 450), ("Paper", "Writing", "Furniture", "Printing")),
}
BRANDS = (
    "Northwind", "Aurora", "Kestrel", "Halden", "Brightwater", "Café Noir", "Tōkyō Works",
    "Weiß & Co", "Old Mill", "Juniper",
)  # fmt: skip
QUALITIES = ("Classic", "Compact", "Deluxe", "Eco", "Pro", "Mini", "Travel", "Grand", "Été")
REGIONS = ("North", "South", "East", "West")
REGION_SHARES = {"North": 1.3, "South": 0.8, "East": 1.0, "West": 1.15}
STORE_TYPES = ("mall", "flagship", "outlet", "online")
STORE_TYPE_SHARES = {"mall": 1.0, "flagship": 2.2, "outlet": 0.7, "online": 3.0}
