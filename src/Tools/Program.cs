Console.WriteLine("tinysd");
