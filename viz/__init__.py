"""What is seen: contact sheets, maps and charts as plain values. Knows no page framework."""
