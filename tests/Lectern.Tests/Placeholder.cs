namespace Lectern.Tests;
